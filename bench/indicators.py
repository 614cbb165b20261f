"""All GeoPolRisk scores at once, beside the library of the method's authors on the same figures; and our own batch.

python -m bench.indicators
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
from collections.abc import Sequence

import numpy as np
from bench.peer_geopolrisk import YEARS, Arrays, Peer, Score, whole_tonnes
from bench.timing import least, table

from didymium.model import geopolrisk
from didymium.model.grouped import Floats, group_sums

COPPER = 0.409412948
"""USD/kg by which the authors divide; a row of `assumptions` in the tables."""


def all_scores(data: Arrays) -> tuple[Floats, Floats]:
    """Scores and characterisation factors of every material, country and year: (material, country, year)."""
    materials, countries, years = data.shape
    shape = (materials, countries, years)
    cases = materials * countries * years
    flows = np.column_stack([data.quantity, data.quantity * data.risk, data.value])
    imports, risky, value = (part.reshape(shape) for part in group_sums(flows, data.case, cases).T)
    output = np.bincount(data.producer, data.output, materials * (countries + 1) * years)
    own = output.reshape(materials, countries + 1, years)[:, :-1] * data.scale[:, None, None]
    of_year = data.producer // (years * (countries + 1)) * years + data.producer % years
    counted = whole_tonnes(data.output)
    total = np.bincount(of_year, counted, materials * years).reshape(materials, years)
    squares = np.bincount(of_year, np.square(counted), materials * years).reshape(materials, years)
    hhi = np.divide(squares, np.square(total), out=np.full(squares.shape, np.nan), where=total > 0)
    score = geopolrisk.score(hhi[:, None, :], geopolrisk.import_risk(risky, imports, own))
    price = np.divide(value, imports, out=np.zeros_like(value), where=imports > 0)
    return score, geopolrisk.characterisation_factor(score, price, COPPER)


def sample(peer: Peer, size: int) -> list[Score]:
    """Scores spread over materials, countries and years; those that the library can compute."""
    rng = np.random.default_rng(0)
    named = [name for name in ("Japan", "USA", "United States", "Germany", "India", "France") if name in peer.countries]
    picked: list[Score] = []
    while len(picked) < size:
        one = Score(int(rng.choice(YEARS)), str(rng.choice(named)), str(rng.choice(peer.materials)))
        if one not in picked:
            picked.append(one)
    return picked


def agreement(peer: Peer, data: Arrays, ones: Sequence[Score]) -> tuple[int, float]:
    """How many scores of the sample both give, and their largest difference."""
    ours, _ = all_scores(data)
    widest, both = 0.0, 0
    for one in ones:
        theirs = peer.score(one)[0]
        mine = float(ours[data.materials.index(one.material), data.countries.index(one.country), one.year - YEARS[0]])
        if np.isfinite(mine) and np.isfinite(theirs):
            both += 1
            widest = max(widest, abs(mine - theirs))
    return both, widest


def batch() -> tuple[float, float, int]:
    """CPU seconds of all indicators of the shipped tables, peak memory [MB] of this process, and how many values."""
    import didymium.data
    from didymium.studies.exposure import exposure

    ds = didymium.data.open()
    exposure(ds)  # packages loaded
    found: list[int] = []

    def everything() -> None:
        result = exposure(ds, products="all", parties=("ALL",), all_years=True)
        found.append(len(result.tables["indicators"]))

    taken = least({"all": everything}, repeats=3)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return taken["all"], peak / 1024, found[-1]


def beside() -> None:
    """Print our scores beside the library's."""
    peer = Peer()
    data = Arrays.of(peer)
    ones = sample(peer, 60)
    both, widest = agreement(peer, data, ones)
    times = least(
        {"didymium": lambda: all_scores(data), "geopolrisk-py": lambda: [peer.score(one) for one in ones]},
    )
    counts = {"didymium": int(np.prod(data.shape)), "geopolrisk-py": len(ones)}
    each = {name: seconds / counts[name] for name, seconds in times.items()}
    rows = [
        [
            name,
            f"{counts[name]:,}",
            f"{times[name]:.3f}",
            f"{each[name] * 1e6:,.1f}",
            f"{each[name] / each['didymium']:,.0f}",
        ]
        for name in times
    ]
    print(table(["way", "scores", "CPU seconds", "µs a score", "times didymium"], rows))
    same = times["geopolrisk-py"] / times["didymium"]
    print(f"\nThe library's {len(ones)} scores take {same:,.0f} times as long as all {counts['didymium']:,} of ours.")
    print(f"{both} scores that both give differ by at most {widest:.1e}.\n")


def main() -> None:
    """Print two tables: scores against the library, and the batch of all indicators in a process of its own."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tiny", action="store_true", help="in short, to see that it runs")
    parser.add_argument("--batch", action="store_true", help=argparse.SUPPRESS)
    said = parser.parse_args()
    if said.batch:
        print("{} {} {}".format(*batch()))
        return
    if not said.tiny:  # reading the library's databases takes minutes
        beside()
    own = subprocess.run(
        [sys.executable, "-m", "bench.indicators", "--batch"], capture_output=True, text=True, check=True
    )
    seconds, memory, values = own.stdout.split()
    print(
        table(
            ["all indicators", "values", "CPU seconds", "MB, packages and tables included"],
            [["didymium", values, f"{float(seconds):.2f}", f"{float(memory):.0f}"]],
        )
    )


if __name__ == "__main__":
    main()
