"""Years of bilateral trade, kept so that a question by code is answered in a fraction of a millisecond.

    <folder>/baci-hs92-v202501/edition.json       nomenclature, release, codes and places of the edition
    <folder>/baci-hs92-v202501/2023/flows.parquet the flows, by product, exporter, importer: the copy that counts
    <folder>/baci-hs92-v202501/2023/manifest.json rows, sums, and the hashes of the raw file and of the Parquet file
    <folder>/baci-hs92-v202501/2023/columns/      the same as plain arrays with the start of each product: a cache

A year is written aside and renamed whole. A release is never overwritten by another: it is another edition. The cache
is made again from the Parquet file when it is missing. A question touches only the rows that it returns, in the order
product, year, exporter, importer.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from didymium.errors import NotFound, StoreError, UnknownTerm
from didymium.schema.flows import EDITION_ID, Edition, FlowPlace, YearFlows

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

EDITION, MANIFEST, FLOWS, CACHE = "edition.json", "manifest.json", "flows.parquet", "columns"
PARTS = ("exporter", "importer", "value_kusd", "quantity_t", "starts")
ISO3 = re.compile(r"[A-Z][A-Z0-9]{2}")
_PARTIAL = ".partial-"


@dataclass(frozen=True, slots=True)
class YearKept:
    """What the store says of a year: where it came from, how much it holds, whether it was added just now."""

    edition: str
    year: int
    rows: int
    value_kusd: float
    quantity_t: float
    quantity_unknown: int
    raw_file: str
    raw_sha256: str
    raw_bytes: int
    parquet_sha256: str
    is_new: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class TradeRows:
    """Flows that were asked for, by product, year, exporter, importer. NaN = the source has no quantity."""

    edition: Edition
    labels: tuple[str, ...]
    product: NDArray[np.uint16]
    year: NDArray[np.int16]
    exporter: NDArray[np.uint16]
    importer: NDArray[np.uint16]
    value_kusd: NDArray[np.float64]
    quantity_t: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.value_kusd)

    def rows(self) -> list[dict[str, Any]]:
        """The flows as records; an unknown quantity is None."""
        labels, codes = self.labels, self.edition.products
        columns = (self.product, self.year, self.exporter, self.importer, self.value_kusd, self.quantity_t)
        return [
            {
                "hs6_code": codes[k],
                "year": t,
                "exporter": labels[i],
                "importer": labels[j],
                "value_kusd": v,
                "quantity_t": q if q == q else None,
            }
            for k, t, i, j, v, q in zip(*(column.tolist() for column in columns), strict=True)
        ]

    def frame(self) -> pd.DataFrame:
        """The flows as a DataFrame."""
        import pandas as pd

        labels, codes = pd.Index(self.labels), pd.Index(self.edition.products)
        return pd.DataFrame(
            {
                "hs6_code": pd.Categorical.from_codes(self.product.tolist(), codes),
                "year": self.year,
                "exporter": pd.Categorical.from_codes(self.exporter.tolist(), labels),
                "importer": pd.Categorical.from_codes(self.importer.tolist(), labels),
                "value_kusd": self.value_kusd,
                "quantity_t": self.quantity_t,
            }
        )

    def by(self, side: str) -> dict[str, tuple[float, float]]:
        """Value [thousand USD] and quantity [tonnes, unknown ones left out] summed by `exporter` or `importer`.

        The largest value comes first.
        """
        import numpy as np

        if side not in ("exporter", "importer"):
            raise UnknownTerm("side", side, ("exporter", "importer"))
        positions = self.exporter if side == "exporter" else self.importer
        value = np.bincount(positions, self.value_kusd)
        quantity = np.bincount(positions, np.nan_to_num(self.quantity_t))
        labels = self.labels
        present = np.unique(positions)
        order = present[np.argsort(-value[present], kind="stable")]
        return {labels[n]: (float(value[n]), float(quantity[n])) for n in order}


def labels_of(edition: Edition) -> tuple[str, ...]:
    """A word for each place: the source's three letters, with its number where the letters are missing or shared."""
    times = Counter(place.iso3 for place in edition.places)
    return tuple(
        place.iso3 if ISO3.fullmatch(place.iso3) and times[place.iso3] == 1 else f"{place.number:03d}"
        for place in edition.places
    )


def keep(folder: Path, flows: YearFlows) -> YearKept:
    """Write a year into the store. The same file again changes nothing; another under the same name is refused."""
    edition = flows.edition
    home = folder / edition.id
    before = kept_year(home, flows.year)
    if before is not None:
        if before.raw_sha256 == flows.raw.sha256:
            return before
        raise StoreError(
            f"{flows.raw.name} differs from the file of that name that the store holds"
            f" ({flows.raw.sha256[:12]}, kept {before.raw_sha256[:12]}).",
            where=str(home / str(flows.year)),
            cure="A release does not change: check the download, or delete that folder and import again.",
        )
    _keep_edition(home, edition)
    with _aside(home, home / str(flows.year)) as partial:
        _write_parquet(flows, partial / FLOWS)
        _write_columns(flows, partial / CACHE)
        entry = _described(flows, partial / FLOWS)
        _write_json(partial / MANIFEST, asdict(entry))
    found = kept_year(home, flows.year)
    assert found is not None
    return YearKept(**{**asdict(found), "is_new": True})


def kept_year(home: Path, year: int) -> YearKept | None:
    """The manifest of a year; None when the store does not hold it."""
    path = home / str(year) / MANIFEST
    if not path.is_file():
        return None
    with _understood(path):
        return YearKept(**{**_read_json(path), "is_new": False})


def _keep_edition(home: Path, edition: Edition) -> None:
    path = home / EDITION
    if path.is_file():
        if read_edition(home) != edition:
            raise StoreError(
                "the lists of codes differ from those of the years that are kept.",
                where=str(path),
                cure="Use the lists of the same archive, or delete that folder and import all years again.",
            )
        return
    with _told(home):
        home.mkdir(parents=True, exist_ok=True)
        partial = home / f"{_PARTIAL}{secrets.token_hex(6)}"
        _write_json(partial, asdict(edition))
        partial.replace(path)


def read_edition(home: Path) -> Edition:
    """The edition that a folder of the store holds."""
    found = _read_json(home / EDITION)
    with _understood(home / EDITION):
        places = tuple(FlowPlace(**place) for place in found.pop("places"))
        return Edition(**{**found, "products": tuple(found["products"])}, places=places)


@contextmanager
def _understood(path: Path) -> Iterator[None]:
    try:
        yield
    except (TypeError, KeyError) as error:
        cure = "Delete the folder that holds it and import again."
        raise StoreError(f"is not what this version writes ({error}).", where=str(path), cure=cure) from error


@contextmanager
def _told(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as refused:
        reason = refused.strerror or str(refused)
        raise StoreError(f"cannot be written: {reason}.", where=str(place), cure="Name another --store.") from refused


@contextmanager
def _aside(home: Path, final: Path) -> Iterator[Path]:
    """A folder that becomes `final` when all went well, and vanishes when not."""
    partial = home / f"{_PARTIAL}{secrets.token_hex(6)}"
    try:
        with _told(final):
            (partial / CACHE).mkdir(parents=True)
            yield partial
            if final.exists():  # another process was quicker, or the folder has no manifest and is no year
                if (final / MANIFEST).exists():
                    return
                final.replace(home / f"{_PARTIAL}{secrets.token_hex(6)}")
            partial.replace(final)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False, sort_keys=True)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise StoreError(
            f"cannot be read ({error}).", where=str(path), cure="Delete the folder that holds it and import again."
        ) from error
    if not isinstance(found, dict):
        raise StoreError("is not an object.", where=str(path), cure="Delete its folder and import again.")
    return found


def _session() -> duckdb.DuckDBPyConnection:
    import duckdb

    return duckdb.connect(
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "memory_limit": "512MB",
            "threads": 1,  # one writer: the same rows give the same bytes
        }
    )


def _quoted(path: Path) -> str:
    return "'" + str(path.resolve()).replace("'", "''") + "'"


def _write_parquet(flows: YearFlows, path: Path) -> None:
    import duckdb
    import pandas as pd

    labels, codes = pd.Index(labels_of(flows.edition)), pd.Index(flows.edition.products)
    frame = pd.DataFrame(
        {
            "product_code": pd.Categorical.from_codes(flows.product, codes),
            "exporter": pd.Categorical.from_codes(flows.exporter, labels),
            "importer": pd.Categorical.from_codes(flows.importer, labels),
            "value_kusd": flows.value_kusd,
            "quantity_t": flows.quantity_t,
        },
        copy=False,
    )
    with _session() as session:
        session.register("flows", frame)
        try:
            session.execute(
                f"COPY (SELECT {flows.year}::SMALLINT AS year, * REPLACE"
                f" (nullif(quantity_t, 'nan'::DOUBLE) AS quantity_t) FROM flows)"
                f" TO {_quoted(path)} (FORMAT parquet, COMPRESSION snappy)"
            )
        except duckdb.Error as refused:
            reason = str(refused).splitlines()[0]
            raise StoreError(f"cannot be written: {reason}", where=str(path), cure="Name another --store.") from refused


def _write_columns(flows: YearFlows, folder: Path) -> None:
    import numpy as np

    counts = np.bincount(flows.product, minlength=len(flows.edition.products))
    starts = np.concatenate([[0], np.cumsum(counts)])
    parts: tuple[Any, ...] = (flows.exporter, flows.importer, flows.value_kusd, flows.quantity_t, starts)
    for name, values in zip(PARTS, parts, strict=True):
        np.save(folder / f"{name}.npy", values, allow_pickle=False)


def _described(flows: YearFlows, parquet: Path) -> YearKept:
    import numpy as np

    with parquet.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    with _session() as session:
        (written,) = session.execute(f"SELECT num_rows FROM parquet_file_metadata({_quoted(parquet)})").fetchall()[0]
    if written != len(flows.value_kusd):
        raise StoreError(f"{written:,} rows were written of {len(flows.value_kusd):,}.", where=str(parquet))
    unknown = np.isnan(flows.quantity_t)
    return YearKept(
        edition=flows.edition.id,
        year=flows.year,
        rows=written,
        value_kusd=float(flows.value_kusd.sum()),
        quantity_t=float(flows.quantity_t[~unknown].sum()),
        quantity_unknown=int(unknown.sum()),
        raw_file=flows.raw.name,
        raw_sha256=flows.raw.sha256,
        raw_bytes=flows.raw.size_bytes,
        parquet_sha256=digest,
    )


@dataclass(slots=True)
class TradeStore:
    """The years under one folder. Opening reads nothing; arrays stay mapped once they were asked for."""

    folder: Path
    _open: dict[tuple[str, int], dict[str, NDArray[Any]]] = field(default_factory=dict, init=False, repr=False)
    _editions: dict[str, tuple[Edition, tuple[str, ...]]] = field(default_factory=dict, init=False, repr=False)

    def kept(self) -> list[YearKept]:
        """All years, by edition and year."""
        if not self.folder.is_dir():
            return []
        homes = sorted(home for home in self.folder.iterdir() if EDITION_ID.fullmatch(home.name))
        years = [(home, int(each.name)) for home in homes for each in sorted(home.iterdir()) if each.name.isdigit()]
        return [found for home, year in years if (found := kept_year(home, year)) is not None]

    def edition(self, name: str | None = None, years: Sequence[int] = ()) -> Edition:
        """An edition by its id, or the latest release that holds the years; NotFound when there is none or a choice."""
        held: dict[str, set[int]] = {}
        for entry in self.kept():
            held.setdefault(entry.edition, set()).add(entry.year)
        if not held:
            raise NotFound(
                "the store holds no trade.", where=str(self.folder), cure="First: didymium data import baci FOLDER"
            )
        if name is not None:
            if name.lower() not in held:
                raise UnknownTerm("edition", name, held, cure=f"The store holds: {', '.join(held)}.")
            return self._edition(name.lower())[0]
        fitting = [each for each, kept in held.items() if kept.issuperset(years)]
        families = {each.rpartition("-v")[0] for each in fitting}
        if len(families) > 1:
            raise NotFound(f"several editions fit: {', '.join(fitting)}.", cure="Choose one with --edition.")
        if not fitting:
            there = "; ".join(f"{each} {min(kept)}-{max(kept)}" for each, kept in held.items())
            asked = ", ".join(str(year) for year in years)
            raise NotFound(f"no edition of the store holds {asked}.", cure=f"It holds: {there}.")
        return self._edition(max(fitting))[0]

    def flows(
        self,
        codes: str | Sequence[str],
        *,
        years: Sequence[int] = (),
        exporter: str | Sequence[str] = (),
        importer: str | Sequence[str] = (),
        edition: str | None = None,
    ) -> TradeRows:
        """Flows of HS codes of two, four or six digits; without years those of all that the edition holds.

        Places are words of the source (`labels_of`). Raises UnknownTerm for a code or place that the edition has not.
        """
        import numpy as np

        if edition not in self._editions:
            edition = self.edition(edition, years).id
        wanted, labels = self._edition(edition)
        kept = tuple(sorted(years)) or tuple(entry.year for entry in self.kept() if entry.edition == wanted.id)
        words = (codes,) if isinstance(codes, str) else tuple(codes)
        spans = sorted({_span(wanted, word) for word in words})
        sides = (("exporter", _positions(wanted, labels, exporter)), ("importer", _positions(wanted, labels, importer)))
        pieces: list[tuple[Any, ...]] = []
        for low, high in spans:
            for position in range(low, high):
                for year in kept:
                    arrays = self._arrays(wanted, year)
                    start, stop = arrays["starts"][position], arrays["starts"][position + 1]
                    if start == stop:
                        continue
                    part = [arrays[name][start:stop] for name in PARTS[:4]]
                    for side, allowed in sides:
                        if allowed is not None:
                            mask = np.isin(part[PARTS.index(side)], allowed)
                            part = [column[mask] for column in part]
                    pieces.append(
                        (np.full(len(part[0]), position, np.uint16), np.full(len(part[0]), year, np.int16), *part)
                    )
        if not pieces:
            empty: list[Any] = [
                np.empty(0, kind) for kind in (np.uint16, np.int16, np.uint16, np.uint16, np.float64, np.float64)
            ]
            return TradeRows(wanted, labels, *empty)
        return TradeRows(wanted, labels, *(np.concatenate(columns) for columns in zip(*pieces, strict=True)))

    def labels(self, edition: Edition) -> tuple[str, ...]:
        """The words for the places of an edition, by position."""
        return self._edition(edition.id)[1]

    def parquet_files(self, edition: str) -> list[Path]:
        """The Parquet files of an edition, by year: for other tools."""
        return [self.folder / edition / str(e.year) / FLOWS for e in self.kept() if e.edition == edition]

    def _edition(self, name: str) -> tuple[Edition, tuple[str, ...]]:
        if name not in self._editions:
            found = read_edition(self.folder / name)
            self._editions[name] = found, labels_of(found)
        return self._editions[name]

    def _arrays(self, edition: Edition, year: int) -> dict[str, NDArray[Any]]:
        key = (edition.id, year)
        if key not in self._open:
            entry = kept_year(self.folder / edition.id, year)
            if entry is None:
                raise NotFound(f"{edition.id} has no {year}.", where=str(self.folder), cure="See: didymium data trade")
            self._open[key] = _mapped(self.folder / edition.id / str(year), edition, entry)
        return self._open[key]


def _span(edition: Edition, code: str) -> tuple[int, int]:
    """Positions of the products under a code of two, four or six digits."""
    from bisect import bisect_left

    products = edition.products
    low = bisect_left(products, code)
    high = bisect_left(products, code + "~")
    if len(code) not in (2, 4, 6) or not code.isdigit() or low == high:
        raise UnknownTerm("HS code", code, products, where=edition.id, cure="Give two, four or six digits.")
    return low, high


def _positions(edition: Edition, labels: tuple[str, ...], words: str | Sequence[str]) -> list[int] | None:
    if not words:
        return None
    asked = (words,) if isinstance(words, str) else tuple(words)
    for word in asked:
        if word not in labels:
            raise UnknownTerm("place", word, labels, where=edition.id)
    return [labels.index(word) for word in asked]


def _mapped(home: Path, edition: Edition, entry: YearKept) -> dict[str, NDArray[Any]]:
    """The arrays of a year, mapped from the cache; the cache is made again when it does not fit the manifest."""
    found = _cached(home / CACHE, edition, entry)
    if found is None:
        _renew(home, edition, entry)
        found = _cached(home / CACHE, edition, entry)
        if found is None:
            raise StoreError("the columns cannot be read back.", where=str(home), cure="Delete it and import again.")
    return found


def _cached(folder: Path, edition: Edition, entry: YearKept) -> dict[str, NDArray[Any]] | None:
    import numpy as np

    found = {}
    for name in PARTS:
        try:
            found[name] = np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        length = len(edition.products) + 1 if name == "starts" else entry.rows
        if found[name].shape != (length,):
            return None
    return found


def _renew(home: Path, edition: Edition, entry: YearKept) -> None:
    """Make the cache again from the Parquet file, after a look at its hash."""
    from didymium.schema.flows import RawFile

    path = home / FLOWS
    with _told(home):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != entry.parquet_sha256:
            raise StoreError(
                "the file is not the one that was written.", where=str(path), cure="Delete its folder and import again."
            )
        labels, codes = labels_of(edition), edition.products
        with _session() as session:
            for name, words in (("hs", codes), ("place", labels)):
                session.execute(f"CREATE TYPE {name} AS ENUM ({', '.join(repr(word) for word in words)})")
            found: dict[str, Any] = session.execute(
                "SELECT enum_code(product_code::hs)::USMALLINT AS product, enum_code(exporter::place)::USMALLINT AS"
                " exporter, enum_code(importer::place)::USMALLINT AS importer, value_kusd,"
                f" coalesce(quantity_t, 'nan'::DOUBLE) AS quantity_t FROM read_parquet({_quoted(path)})"
            ).fetchnumpy()
        partial = home / f"{_PARTIAL}{secrets.token_hex(6)}"
        try:
            partial.mkdir()
            raw = RawFile(entry.raw_file, entry.raw_sha256, entry.raw_bytes)
            _write_columns(YearFlows(edition, entry.year, raw, **found), partial)
            shutil.rmtree(home / CACHE, ignore_errors=True)
            partial.replace(home / CACHE)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
