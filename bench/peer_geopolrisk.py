"""The library of the GeoPolRisk authors, with its bundled data in memory, and the same data as plain arrays for ours.

Importing it makes folders in the user's home and reads all its databases: its home is a folder that goes away again.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import logging
import os
import tempfile
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from didymium.model.grouped import Floats, Groups

YEARS = tuple(range(2018, 2025))
MIDDLING = 0.5
"""What the library takes for a country without a governance score."""


@dataclass(frozen=True, slots=True)
class Score:
    """One score by name."""

    year: int
    country: str
    material: str


class Peer:
    """The library, ready to score."""

    def __init__(self) -> None:
        home = os.environ.get("HOME")
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):
            os.environ["HOME"] = folder
            logging.disable(logging.CRITICAL)
            self.core: Any = importlib.import_module("geopolrisk.assessment.core")
            self.tools: Any = importlib.import_module("geopolrisk.assessment.utils")
            self.trade: pd.DataFrame = self.tools.mapped_baci()
            if home is not None:
                os.environ["HOME"] = home
        logging.disable(logging.NOTSET)
        self.databases: Any = self.core.databases
        self.materials: list[str] = list(self.tools.default_rmlist())
        iso = self.databases.production["Country_ISO"]
        self.countries: dict[str, int] = {
            str(name): int(code) for name, code in zip(iso["Country"], iso["ISO"], strict=True)
        }

    def score(self, one: Score) -> tuple[float, float, float, float, float]:
        """Score, characterisation factor, concentration, import risk and price, as its own loop computes them."""
        places = self.databases.regionslist[one.country]
        risky, imports, price = self.tools.aggregateTrade(one.year, places, one.material, data=self.trade)
        own, hhi = self.core.HHI(one.material, one.year, one.country)
        score, factor, risk = self.core.GeoPolRisk(risky, imports, price, own, hhi)
        return float(score), float(factor), float(hhi), float(risk), float(price)


@dataclass(frozen=True, slots=True)
class Arrays:
    """The library's data: imports by (material, importer, year), output by (material, country, year)."""

    materials: tuple[str, ...]
    countries: tuple[str, ...]
    quantity: Floats
    value: Floats
    risk: Floats
    case: Groups
    output: Floats
    producer: Groups
    scale: Floats

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of materials, countries and years."""
        return len(self.materials), len(self.countries), len(YEARS)

    @classmethod
    def of(cls, peer: Peer) -> Arrays:
        """Read once, before any clock runs."""
        materials = tuple(peer.materials)
        countries = tuple(sorted(peer.countries, key=lambda name: peer.countries[name]))
        place = {peer.countries[name]: i for i, name in enumerate(countries)}
        number = {name: i for i, name in enumerate(materials)}
        kept = peer.trade[peer.trade["period"].isin(YEARS) & peer.trade["reporterCode"].isin(place)]
        year = kept["period"].to_numpy(dtype=np.int64) - YEARS[0]
        importer = kept["reporterCode"].map(place).to_numpy(dtype=np.int64)
        material = kept["rawMaterial"].map(number).to_numpy(dtype=np.int64)
        risk = pd.to_numeric(kept["partnerWGI"], errors="coerce").fillna(MIDDLING).to_numpy(dtype=np.float64)
        risk[kept["partnerCode"].to_numpy() == kept["reporterCode"].to_numpy()] = 0.0
        outputs: list[float] = []
        producers: list[int] = []
        scale = np.ones(len(materials))
        for name, index in number.items():
            frame = peer.tools.getProd(name).fillna(0)
            frame = frame[frame["Country_Code"] != "DELETE"]
            scale[index] = 0.001 if frame["unit"].tolist()[0] == "kg" else 1.0
            for code, *amounts in frame[["Country_Code", *map(str, YEARS)]].itertuples(index=False):
                for at, amount in enumerate(amounts):
                    # whole tonnes, as the library counts them for concentration
                    outputs.append(float(amount))
                    producers.append(
                        (index * (len(countries) + 1) + place.get(int(code), len(countries))) * len(YEARS) + at
                    )
        return cls(
            materials=materials,
            countries=countries,
            quantity=pd.to_numeric(kept["qty"]).to_numpy(dtype=np.float64),
            value=pd.to_numeric(kept["cifvalue"]).to_numpy(dtype=np.float64),
            risk=risk,
            case=(material * len(countries) + importer) * len(YEARS) + year,
            output=np.array(outputs),
            producer=np.array(producers, dtype=np.int64),
            scale=scale,
        )


def whole_tonnes(values: Floats) -> NDArray[np.float64]:
    """The library counts whole units for concentration."""
    return np.trunc(values)
