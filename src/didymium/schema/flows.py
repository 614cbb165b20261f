"""Bilateral trade of a year as arrays: what a bulk source hands over and what the trade store keeps."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EDITION_ID = re.compile(r"[a-z]+-hs[0-9]{2}-v[0-9]{6}[a-z]?")


@dataclass(frozen=True, slots=True)
class FlowPlace:
    """A country or territory of an edition: its number, and the letters and name that the source gives it.

    `iso3` is the source's: most are ISO 3166 alpha-3, some are its own (BACI: S19 = other Asia, not elsewhere
    specified).
    """

    number: int
    iso3: str
    name: str


@dataclass(frozen=True, slots=True)
class Edition:
    """One release of a bulk source in one nomenclature; a later release is another edition.

    `products` are HS6 codes of six digits, rising; `places` rise by number. Flows name both by position.
    """

    source: str
    nomenclature: str
    vintage: str
    products: tuple[str, ...]
    places: tuple[FlowPlace, ...]

    @property
    def id(self) -> str:
        """Name of the edition: `baci-hs92-v202501`."""
        return f"{self.source}-{self.nomenclature}-v{self.vintage}".lower()


@dataclass(frozen=True, slots=True)
class RawFile:
    """The file that a year was read from, by name and content."""

    name: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True, eq=False)
class YearFlows:
    """All flows of a year, by product, then exporter, then importer.

    `product`, `exporter` and `importer` are positions in the edition, `value_kusd` [thousand USD], `quantity_t`
    [tonnes; NaN = the source has no quantity]. Each array has one entry for each flow.
    """

    edition: Edition
    year: int
    raw: RawFile
    product: NDArray[np.uint16]
    exporter: NDArray[np.uint16]
    importer: NDArray[np.uint16]
    value_kusd: NDArray[np.float64]
    quantity_t: NDArray[np.float64]
