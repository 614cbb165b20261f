"""E8: a year of BACI's size, imported into the trade store, and questions by code, beside plain DuckDB.

python -m bench.trade

The file has the format of CEPII's yearly files and about their size: eleven million flows of 5,000 codes between 230
places, larger traders with more codes, values and weights over many orders of magnitude. It is made up (by a seed)
and lies in a temporary folder.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.timing import peak_mb, table

YEAR, VINTAGE = 2023, "209901"
NAME = f"BACI_HS92_Y{YEAR}_V{VINTAGE}.csv"
COLUMNS = "{'t': 'SMALLINT', 'i': 'SMALLINT', 'j': 'SMALLINT', 'k': 'VARCHAR', 'v': 'DOUBLE', 'q': 'DOUBLE'}"
ORDERED = "DuckDB, load in order"
WAYS = ("didymium", "DuckDB, load", ORDERED)
_ASKED = ["question", "didymium ms", "DuckDB in order ms", "DuckDB without order ms", "in order / didymium"]


def make_year(folder: Path, flows: int, *, seed: int = 0, products: int = 5_018, places: int = 230) -> Path:
    """A yearly file with about so many flows, and the lists of codes beside it."""
    import duckdb
    import numpy as np

    random = np.random.default_rng(seed)
    codes = np.sort(random.choice(np.arange(10_110, 970_700), products, replace=False)).astype(np.int32)
    numbers = np.sort(random.choice(np.arange(4, 895), places, replace=False)).astype(np.int16)
    breadth = random.lognormal(0, 1.0, products)
    exporter, importer = np.nonzero(~np.eye(places, dtype=bool))
    weight = random.lognormal(0, 1.8, places)[exporter] * random.lognormal(0, 1.0, places)[importer]
    weight /= weight.mean()
    low, high = 1e-6, 1e4
    sample = random.choice(products, 100)
    for _ in range(60):  # the scale at which the expected number of flows is the one asked for
        scale = (low * high) ** 0.5
        expected = -np.expm1(-scale * breadth[sample, None] * weight[None, :]).sum() * products / 100
        low, high = (scale, high) if expected < flows else (low, scale)
    chosen = [np.flatnonzero(random.random(weight.size) < -np.expm1(-scale * b * weight)) for b in breadth]
    counts = [len(found) for found in chosen]
    pair = np.concatenate(chosen)
    value = np.maximum(random.lognormal(2.5, 2.9, len(pair)), 0.001).round(3)
    made = {
        "k": np.repeat(codes, counts),
        "i": numbers[exporter[pair]],
        "j": numbers[importer[pair]],
        "v": value,
        "q": (value / random.lognormal(2.3, 1.5, len(pair))).round(3),
        "unknown": random.random(len(pair)) < 0.02,
    }
    path = folder / NAME
    with duckdb.connect() as session:
        session.register("made", made)
        session.execute(
            f"COPY (SELECT {YEAR} AS t, i, j, lpad(k::VARCHAR, 6, '0') AS k, format('{{:.3f}}', v) AS v,"
            " CASE WHEN unknown THEN 'NA' ELSE format('{:.3f}', q) END AS q FROM made ORDER BY i, j, made.k)"
            f" TO '{path}' (FORMAT csv, HEADER, QUOTE '')"
        )
    letters = [f"{chr(65 + n // 676)}{chr(65 + n // 26 % 26)}{chr(65 + n % 26)}" for n in range(places)]
    rows = [f"{number},Place {word},{word[:2]},{word}" for number, word in zip(numbers, letters, strict=True)]
    head = "country_code,country_name,country_iso2,country_iso3"
    (folder / f"country_codes_V{VINTAGE}.csv").write_text("\n".join([head, *rows]) + "\n", "utf-8")
    listed = [f"{code:06d},Goods" for code in codes]
    (folder / f"product_codes_HS92_V{VINTAGE}.csv").write_text("\n".join(["code,description", *listed]) + "\n", "utf-8")
    return path


def load(way: str, path: Path, into: Path) -> None:
    """One import, from the file to what can be asked."""
    if way == "didymium":
        from didymium.data.trade_store import keep
        from didymium.sources.baci import read_year

        keep(into, read_year(path))
        return
    import duckdb

    order = " ORDER BY k, t, i, j" if way == ORDERED else ""
    into.mkdir(parents=True)
    with duckdb.connect(str(into / "plain.duckdb"), config={"threads": 2}) as session:
        session.execute(
            f"CREATE TABLE flows AS SELECT * FROM read_csv('{path}', header = true, nullstr = 'NA',"
            f" columns = {COLUMNS}){order}"
        )


def _one_load(way: str, path: str, into: str) -> None:
    """Run in a fresh process: packages first, then the import; its CPU, wall time and peak memory."""
    import duckdb
    import numpy as np  # noqa: F401
    import pandas as pd  # noqa: F401

    import didymium.data.trade_store
    import didymium.sources.baci  # noqa: F401

    duckdb.connect().close()
    cpu, wall = time.process_time(), time.perf_counter()
    load(way, Path(path), Path(into))
    print(json.dumps([time.process_time() - cpu, time.perf_counter() - wall, peak_mb()]))


def loads(path: Path, folder: Path, repeats: int) -> dict[str, tuple[float, float, float]]:
    """Least CPU seconds, wall seconds and peak megabytes of each way; in each round every way runs once."""
    seen: dict[str, list[list[float]]] = {way: [] for way in WAYS}
    for turn in range(repeats):
        for number, way in enumerate(WAYS):
            into = folder / f"{number}-{turn}"
            command = [sys.executable, "-m", "bench.trade", "--one", way, str(path), str(into)]
            said = subprocess.run(command, capture_output=True, text=True, check=True)
            seen[way].append(json.loads(said.stdout.splitlines()[-1]))
    return {way: tuple(min(column) for column in zip(*rows, strict=True)) for way, rows in seen.items()}  # type: ignore[misc]


def questions(folder: Path, repeats: int) -> list[list[str]]:
    """Milliseconds of wall time a question, both ways with everything open and read before; least of the rounds."""
    import duckdb

    from didymium.data.trade_store import TradeStore

    store = TradeStore(folder / "0-0")
    edition = store.edition()
    store.flows(edition.products[0], years=(YEAR,), edition=edition.id)
    sizes = {code: len(store.flows(code, years=(YEAR,), edition=edition.id)) for code in edition.products}
    ranked = sorted(sizes, key=lambda code: sizes[code])
    middle, largest = ranked[len(ranked) // 2], ranked[-1]
    ten = sorted(ranked[len(ranked) // 2 :: max(len(ranked) // 20, 1)][:10])
    plain, loose = (
        duckdb.connect(str(folder / name / "plain.duckdb"), read_only=True, config={"threads": 2})
        for name in ("2-0", "1-0")
    )

    def ours(codes: Any) -> Any:
        return store.flows(codes, years=(YEAR,), edition=edition.id)

    def theirs(base: Any, codes: list[str]) -> Any:
        marks = ", ".join("?" for _ in codes)
        return base.execute(f"SELECT * FROM flows WHERE k IN ({marks}) AND t = {YEAR}", codes).fetchnumpy()

    def summed(base: Any) -> Any:
        text = f"SELECT i, sum(v), sum(q) FROM flows WHERE k = ? AND t = {YEAR} GROUP BY i ORDER BY 2 DESC"
        return base.execute(text, [middle]).fetchall()

    asked: dict[str, tuple[Any, ...]] = {
        f"all flows of a code ({sizes[middle]:,} flows)": (lambda: ours(middle), lambda base: theirs(base, [middle])),
        f"all flows of the largest code ({sizes[largest]:,})": (
            lambda: ours(largest),
            lambda base: theirs(base, [largest]),
        ),
        "a code, summed by exporter": (lambda: ours(middle).by("exporter"), summed),
        f"ten codes ({sum(sizes[code] for code in ten):,} flows)": (lambda: ours(ten), lambda base: theirs(base, ten)),
    }
    rows = []
    for name, (own, peer) in asked.items():
        ways = (own, lambda peer=peer: peer(plain), lambda peer=peer: peer(loose))
        least = [float("inf")] * len(ways)
        for _ in range(20 * repeats):
            for number, way in enumerate(ways):
                start = time.perf_counter()
                way()
                least[number] = min(least[number], 1e3 * (time.perf_counter() - start))
        rows.append([name, *(f"{taken:.3f}" for taken in least), f"{least[1] / least[0]:.1f}"])
    plain.close()
    loose.close()
    return rows


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiny", action="store_true", help="A small file, one round.")
    parser.add_argument("--flows", type=int, default=11_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    said = parser.parse_args()
    flows, repeats = (20_000, 1) if said.tiny else (said.flows, said.repeats)
    small = {"products": 300, "places": 40} if said.tiny else {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = make_year(folder, flows, **small)
        with path.open("rb") as file:
            lines = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b"")) - 1
        print(f"{lines:,} flows, {path.stat().st_size / 1e6:,.0f} MB of CSV; {repeats} rounds, least of each")
        times = loads(path, folder, repeats)
        own = times["didymium"]
        head = ["import", "CPU s", "didymium times this", "wall s", "didymium times this", "peak MB"]
        rows = [
            [way, f"{cpu:.2f}", f"{own[0] / cpu:.2f}", f"{wall:.2f}", f"{own[1] / wall:.2f}", f"{peak:,.0f}"]
            for way, (cpu, wall, peak) in times.items()
        ]
        print(table(head, rows))
        kept = [sum(f.stat().st_size for f in (folder / "0-0").rglob(end)) / 1e6 for end in ("*.parquet", "*.npy")]
        plain = (folder / "2-0" / "plain.duckdb").stat().st_size / 1e6
        print(
            f"on disk: Parquet {kept[0]:,.0f} MB, columns (cache) {kept[1]:,.0f} MB; DuckDB in order {plain:,.0f} MB\n"
        )
        print(table(_ASKED, questions(folder, repeats)))


if __name__ == "__main__":
    if "--one" in sys.argv:
        _one_load(*sys.argv[-3:])
    else:
        main()
