"""Supply risk of the stages that the Commission's study of 2023 rates with the Union's sourcing: a trial, not counted.

    python -m tools.eu_sourced FOLDER

FOLDER holds the copy of annex 7 that the source `ec-crm-2023-uses` names (`fact_GlobalSupplyShares&t.csv` and
`fact_EUSupplyShares&t.csv`). `eu_sourced.csv` beside this file holds the results of the study for these stages, from
the copy of them that the source `ec-crm-2023` names. The annex prints sourcing from 1 % up only. What that leaves open
is small, a hundredth of what is not printed; but the copies contradict themselves (docs/method/reproduced.md), and the
stages stand in no count. Printed are all stages, those that differ among them.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pycountry
from tools.eu_cells import annex_share, governance_risk
from tools.printed_cells import HERE, Printed, read

from didymium.model.supply_risk import supply_risk, traded_concentration

ALIASES = {
    "Brasil": "BRA",
    "Brasilia": "BRA",
    "Cape Verde": "CPV",
    "Congo": "COG",
    "Congo, D.R.": "COD",
    "Cote d'Ivoire": "CIV",
    "Korea, North": "PRK",
    "Korea, South": "KOR",
    "Russia": "RUS",
    "South Korea": "KOR",
    "Kosovo": "XKX",
    "Laos": "LAO",
    "Libanon": "LBN",
    "Surinam": "SUR",
    "Turkey": "TUR",
    "Turkyie": "TUR",
    "Türkiye": "TUR",
}
"""Spellings of the annex that the register of countries does not know."""
GROUP = "Heavy Rare earths Elements"
"""The annex prints one sourcing for the ten heavy rare earths at the mine."""
OTHER_NAMES = {"titanium": "titanium ores", "phosphorus": "phosphorous"}

Share = tuple[str, Printed, float]
Ends = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Rated:
    """A stage: what is printed, what our formula gives, and the least and greatest of what prints the same way."""

    material: str
    stage: str
    printed: float
    ours: float
    least: float
    greatest: float

    @property
    def verdict(self) -> str:
        """Whether our value prints as published, is within the rounding of its figures, or differs."""
        low, high = self.printed - 0.05 - 1e-9, self.printed + 0.05 + 1e-9
        if low <= self.ours <= high:
            return "matched"
        return "rounding" if self.least <= high and self.greatest >= low else "differs"


def country(name: str) -> str:
    """The code of a country as the annex spells it."""
    return ALIASES.get(name) or str(pycountry.countries.lookup(name).alpha_3)


def annex(path: Path) -> dict[tuple[str, str], list[Share]]:
    """Shares and trade factors by material and stage."""
    held: dict[tuple[str, str], list[Share]] = {}
    for line in read(path, "cp1252"):
        key = line["Material"].strip().lower(), line["Stage"]
        held.setdefault(key, []).append(
            (country(line["Country"].strip()), annex_share(line["Share"].replace(">", "<")), float(line["t"]))
        )
    return held


def _concentration(rows: list[Share], risk: Mapping[str, float]) -> Ends:
    """As printed, the least and the greatest: shares are not made to add to one, since small ones are not printed."""
    found = []
    for side in (0.0, -1.0, 1.0):
        shares = [max(0.0, share.value + side * share.half) for _, share, _ in rows]
        weights = [risk[code] for code, _, _ in rows], [factor for _, _, factor in rows]
        found.append(traded_concentration(shares, *weights) * sum(shares) ** 2 if sum(shares) else 0.0)
    return found[0], found[1], found[2]


def _rate(text: str) -> Ends:
    """A rate printed as whole per cent."""
    value = float(text) / 100.0
    return value, max(0.0, value - 0.005), value + 0.005


def rated(folder: Path) -> Iterator[Rated]:
    """All stages whose shares the annex prints."""
    world, sourcing = (annex(folder / f"fact_{kind}SupplyShares&t.csv") for kind in ("Global", "EU"))
    heavy = {line["material"] for line in read(HERE / "eu_2017.csv") if line["group"] == "HREE"}
    risk, none = governance_risk(), (float("nan"),) * 3
    for line in read(HERE / "eu_sourced.csv"):
        material, stage = line["material"], line["stage"]
        key = material.lower(), stage
        other = GROUP.lower() if material in heavy else OTHER_NAMES.get(key[0], key[0])
        of_world = world.get(key) or world.get((other, stage))
        of_union = sourcing.get(key) or sourcing.get((other, stage))
        if of_union is None or (line["supply"] == "both" and of_world is None):
            continue
        ends = (
            _concentration(of_world, risk) if of_world and line["supply"] == "both" else none,
            _concentration(of_union, risk),
            _rate(line["reliance"]),
            _rate(line["recycling"]),
            (index := float(line["substitution"]), index - 0.005, index + 0.005),
        )
        corners = [float(supply_risk(*corner)) for corner in product(*(side[1:] for side in ends))]
        ours = float(supply_risk(*(side[0] for side in ends)))
        yield Rated(material, stage, float(line["supply_risk"]), ours, min(corners), max(corners))


def main(folder: Path) -> None:
    """Print them all."""
    found = list(rated(folder))
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(("material", "stage", "printed", "ours", "least", "greatest", "verdict"))
    for one in found:
        figures = (f"{value:.3f}" for value in (one.ours, one.least, one.greatest))
        out.writerow((one.material, one.stage, one.printed, *figures, one.verdict))
    count = Counter(one.verdict for one in found)
    told = ", ".join(f"{number} {kind}" for kind, number in count.most_common())
    sys.stdout.write(f"{len(found)} stages: {told}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
