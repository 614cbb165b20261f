"""CEPII BACI: yearly files of bilateral trade by HS6 code, reconciled from the reports of both sides.

A year has about eleven million rows. They stream through DuckDB, which knows the codes as words of closed lists: a code
that is in no list of the release stops the reading. What goes wrong is then looked up line by line (`baci_faults`).
"""

from __future__ import annotations

import csv
import glob
import hashlib
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from didymium.errors import BadInput
from didymium.schema.faults import visible
from didymium.schema.flows import Edition, FlowPlace, RawFile, YearFlows
from didymium.sources.figures import Origin

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ORIGIN = Origin(
    importer="baci",
    source_id="baci",
    body="BACI",
    vintage="",
    series="BACI",
    producer="CEPII",
    title="BACI, bilateral trade by HS6 code, yearly files of a release",
    version="",
    published="",
    accessed="",
    url="https://www.cepii.fr/CEPII/en/bdd_modele/bdd_modele_item.asp?id=37",
    citation="Gaulier, G. and Zignago, S. (2010), BACI: International Trade Database at the Product-Level."
    " CEPII Working Paper 2010-23.",
    attribution="Source: CEPII, BACI, from UN Comtrade.",
    licence="Etalab 2.0",
    redistributable="yes",
    terms="",
    layout="a file BACI_HS92_Y2023_V202501.csv, or the folder of the unpacked archive",
)

FILE = re.compile(r"BACI_(HS[0-9]{2})_Y([0-9]{4})_V([0-9]{6}[a-z]?)\.csv")
COLUMNS = ("t", "i", "j", "k", "v", "q")
MOST_KUSD = 1e9
"""No flow of one product between two places is worth a trillion dollars a year: such a value is a slip."""
MOST_T = 1e10
"""Nor does it weigh ten billion tonnes."""

_BLOCK = 1 << 20
_SHORTEST_LINE = len("1,1,1,1,1,\n")
_MOST_ROWS = 60_000_000
_UNKNOWN = -1.7976931348623157e308  # stands for NA between DuckDB and numpy; no number of a file is taken for it
_NONE = (1 << 16) - 1
_MEMORY = "512MB"


@dataclass(frozen=True, slots=True)
class FileName:
    """What the name of a yearly file says."""

    nomenclature: str
    year: int
    vintage: str


@dataclass(frozen=True, slots=True)
class Scan:
    """What a pass over the bytes tells before anything is parsed."""

    raw: RawFile
    lines: int
    columns: tuple[str, ...]
    is_padded: bool


def named(path: Path) -> FileName:
    """Nomenclature, year and release by the name that CEPII gives its files."""
    match = FILE.fullmatch(path.name)
    if match is None:
        raise BadInput(
            "the name is not that of a BACI year.",
            where=visible(path.name)[1:-1],
            cure="Keep the name of the archive, such as BACI_HS92_Y2023_V202501.csv: it tells year and release.",
        )
    return FileName(match[1], int(match[2]), match[3])


def years_in(path: Path) -> list[Path]:
    """The yearly files of a folder, or the one file; in the order of nomenclature, release and year."""
    if not path.exists():
        raise BadInput("no such file or folder.", where=path.name, cure="Give a BACI yearly file or its folder.")
    if not path.is_dir():
        named(path)
        return [path]
    found = [file for file in path.iterdir() if FILE.fullmatch(file.name)]
    if not found:
        raise BadInput("the folder holds no BACI year.", where=path.name, cure="Unpack the archive of CEPII there.")
    return sorted(found, key=lambda file: (named(file).nomenclature, named(file).vintage, named(file).year))


def read_edition(path: Path) -> Edition:
    """The edition of a yearly file, from the lists of codes that the archive puts beside it."""
    name = named(path)
    places = _read_list(path.with_name(f"country_codes_V{name.vintage}.csv"))
    products = _read_list(path.with_name(f"product_codes_{name.nomenclature}_V{name.vintage}.csv"))
    return Edition(
        "baci",
        name.nomenclature,
        name.vintage,
        _products(*products),
        _places(*places),
    )


def read_year(
    path: Path, edition: Edition | None = None, *, progress: Callable[[int, int], None] | None = None
) -> YearFlows:
    """All flows of a yearly file, sorted. Raises BadInput that names line, column and value.

    Row counts are reconciled: every line of the file is a flow, and no two flows speak of the same three.
    """
    import numpy as np

    name = named(path)
    edition = edition or read_edition(path)
    scan = scanned(path)
    columns, rows = _parsed(path, edition, name.year, scan, progress)
    if rows != scan.lines - 1:
        _explain(path, edition, f"{rows:,} rows were read of {scan.lines - 1:,} lines.")
    order = _order(columns, len(edition.places))
    for label in columns:
        columns[label] = columns[label][order]
    del order
    same = np.ones(max(rows - 1, 0), dtype=bool)
    for label in ("product", "exporter", "importer"):
        same &= columns[label][1:] == columns[label][:-1]
    if same.any():
        _explain(path, edition, "a flow comes twice.")
    return YearFlows(edition, name.year, scan.raw, **columns)


def scanned(path: Path) -> Scan:
    """Hash, lines and header of a yearly file; BadInput for bytes that no such file holds."""
    digest = hashlib.sha256()
    lines, size, last, padded = 0, 0, bytearray(), False
    try:
        with path.open("rb", buffering=0) as file:
            head = file.read(4096).partition(b"\n")[0]
            file.seek(0)
            block = bytearray(_BLOCK)
            view = memoryview(block)
            while length := file.readinto(block):
                digest.update(view[:length])
                for bad in (b'"', b"_", b"\x00"):
                    if (at := block.find(bad, 0, length)) >= 0:
                        line = lines + block.count(b"\n", 0, at) + 1
                        raise _bad(path, line, f"{visible(bad.decode())} stands in no BACI file.")
                padded = padded or block.find(b" ", 0, length) >= 0
                lines += block.count(b"\n", 0, length)
                size += length
                last = block[length - 1 : length]
    except OSError as error:
        raise BadInput(f"the file cannot be read ({error.strerror}).", where=path.name, cure="Check it.") from error
    if not size:
        raise _bad(path, 0, "the file is empty.")
    columns = tuple(head.decode("utf-8-sig", "replace").strip().replace(" ", "").split(","))
    if sorted(columns) != sorted(COLUMNS):
        raise _bad(
            path, 1, f"the header is {visible(','.join(columns))}.", f"Expected the columns {','.join(COLUMNS)}."
        )
    raw = RawFile(path.name, digest.hexdigest(), size)
    return Scan(raw, lines + (last != b"\n"), columns, padded)


def _bad(path: Path, line: int, what: str, cure: str = "Download and unpack the archive again.") -> BadInput:
    return BadInput(what, where=f"{path.name} row {line}" if line else path.name, cure=cure)


def _read_list(path: Path) -> tuple[str, list[dict[str, str]]]:
    """File name and rows of a list of codes, keyed by the header's words."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise BadInput(
            "the file is not there.",
            where=path.name,
            cure="It stands beside the yearly files in the archive: put it there.",
        ) from None
    except OSError as error:
        raise BadInput(f"the file cannot be read ({error.strerror}).", where=path.name, cure="Check it.") from error
    except UnicodeDecodeError as error:
        raise BadInput("the bytes are not UTF-8.", where=path.name, cure="Save the file as UTF-8.") from error
    if "\x00" in text:
        raise BadInput("a NUL byte.", where=path.name, cure="Unpack the archive again.")
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise BadInput(
            f"the rows cannot be split ({error}).", where=path.name, cure="Unpack the archive again."
        ) from error
    header = [word.strip().lower() for word in rows[0]] if rows else []
    found = []
    for number, cells in enumerate(rows[1:], start=2):
        if len(cells) != len(header):
            what = f"{len(cells)} cells under a header of {len(header)}."
            raise BadInput(what, where=f"{path.name} row {number}", cure="Unpack the archive again.")
        found.append(dict(zip(header, (cell.strip() for cell in cells), strict=True)))
    if not found:
        raise BadInput("the list holds no codes.", where=path.name, cure="Unpack the archive again.")
    return path.name, found


def _column(file: str, rows: list[dict[str, str]], *names: str) -> str:
    for name in names:
        if name in rows[0]:
            return name
    raise BadInput(
        f"there is no column {names[0]}.", where=f"{file} row 1", cure=f"Columns found: {', '.join(rows[0])[:200]}."
    )


def _products(file: str, rows: list[dict[str, str]]) -> tuple[str, ...]:
    column = _column(file, rows, "code", "hs_code", "hs6")
    codes: set[str] = set()
    for number, row in enumerate(rows, start=2):
        code = row[column]
        if not (code.isascii() and code.isdigit() and 4 < len(code) < 7):
            raise BadInput(
                f"{visible(code)} is not an HS6 code.",
                where=f"{file} row {number}, column {column}",
                cure="Expected six digits, e.g. 284690.",
            )
        if code.zfill(6) in codes:
            raise BadInput(f"{code} stands twice.", where=f"{file} row {number}, column {column}", cure="Keep one.")
        codes.add(code.zfill(6))
    if len(codes) >= _NONE:
        raise BadInput(f"{len(codes):,} codes are too many.", where=file, cure="An edition has about 5,000.")
    return tuple(sorted(codes))


def _places(file: str, rows: list[dict[str, str]]) -> tuple[FlowPlace, ...]:
    number_column = _column(file, rows, "country_code")
    iso3_column = _column(file, rows, "country_iso3", "iso_3digit_alpha")
    name_column = _column(file, rows, "country_name", "country_name_abbreviation", "country_name_full")
    found: dict[int, FlowPlace] = {}
    for line, row in enumerate(rows, start=2):
        text, iso3 = row[number_column], row[iso3_column]
        where = f"{file} row {line}, column "
        if not (text.isascii() and text.isdigit() and len(text) < 5):
            raise BadInput(
                f"{visible(text)} is not a country code.", where=where + number_column, cure="Expected e.g. 156."
            )
        if int(text) in found:
            raise BadInput(f"{text} stands twice.", where=where + number_column, cure="Keep one.")
        if not re.fullmatch(r"[A-Z0-9]{2,3}|N/A|", iso3):
            raise BadInput(
                f"{visible(iso3)} is not an ISO3 code.", where=where + iso3_column, cure="Expected e.g. CHN."
            )
        found[int(text)] = FlowPlace(int(text), iso3, row[name_column])
    if len(found) >= _NONE:
        raise BadInput(f"{len(found):,} places are too many.", where=file, cure="An edition has about 240.")
    return tuple(place for _, place in sorted(found.items()))


def spellings(words: Mapping[str, int]) -> dict[str, int]:
    """Each code as it may be written, with and without leading zeros: position by spelling."""
    return {**{word.lstrip("0") or "0": position for word, position in words.items()}, **words}


def _parsed(
    path: Path, edition: Edition, year: int, scan: Scan, progress: Callable[[int, int], None] | None
) -> tuple[dict[str, Any], int]:
    """Arrays in the order of the file, and how many rows they hold."""
    import duckdb
    import numpy as np

    lists = {
        "hs": spellings({code: n for n, code in enumerate(edition.products)}),
        "place": spellings({f"{place.number:03d}": n for n, place in enumerate(edition.places)}),
        "the_year": {str(year): 0},
    }
    position = {name: np.array(list(words.values()), dtype=np.uint16) for name, words in lists.items()}
    # Memory that is never touched costs nothing: room for as many rows as the bytes could hold at most.
    room = min(scan.raw.size_bytes // _SHORTEST_LINE + 1, scan.lines)
    if room > _MOST_ROWS:
        raise _bad(path, 0, f"{room:,} rows are no year of BACI.", "A year has about eleven million.")
    found: dict[str, Any] = {
        **{name: np.empty(room, dtype=np.uint16) for name in ("product", "exporter", "importer")},
        **{name: np.empty(room, dtype=np.float64) for name in ("value_kusd", "quantity_t")},
    }
    rows = 0
    settings: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "memory_limit": _MEMORY,
        "threads": 2,
    }
    try:
        with duckdb.connect(config=settings) as session:
            for name, words in lists.items():
                session.execute(f"CREATE TYPE {name} AS ENUM ({', '.join(repr(word) for word in words)})")
            for chunk in _chunks(session, path, scan):
                upto = rows + len(chunk["v"])
                for name, column, kind in (
                    ("product", "k", "hs"),
                    ("exporter", "i", "place"),
                    ("importer", "j", "place"),
                ):
                    np.take(position[kind], chunk[column], out=found[name][rows:upto])
                found["value_kusd"][rows:upto] = chunk["v"]
                found["quantity_t"][rows:upto] = chunk["q"]
                rows = upto
                if progress is not None:
                    progress(rows, room)
    except duckdb.Error as error:
        _explain(path, edition, str(error).splitlines()[0])
    found = {name: values[:rows] for name, values in found.items()}
    value, quantity = found["value_kusd"], found["quantity_t"]
    if np.isnan(quantity).any():  # a quantity that is written nan; NA has come as another number
        _explain(path, edition, "a quantity is not a number.")
    quantity[quantity == _UNKNOWN] = np.nan
    sound = rows == 0 or (value.min() > 0 and value.max() <= MOST_KUSD)
    if not (sound and np.fmin.reduce(quantity, initial=0) >= 0 and np.fmax.reduce(quantity, initial=0) <= MOST_T):
        _explain(path, edition, "a value or quantity is out of range.")
    return found, rows


def _chunks(session: Any, path: Path, scan: Scan) -> Iterator[dict[str, NDArray[Any]]]:
    """Chunks of the columns k, i, j (positions in their lists), v and q; a cell that does not fit is a DuckDB error."""
    kinds = {"t": "the_year", "i": "place", "j": "place", "k": "hs", "v": "DOUBLE", "q": "DOUBLE"}
    cell = {name: name for name in kinds}
    if scan.is_padded:
        cell = {name: f"trim({name})::{kind}" for name, kind in kinds.items()}
        cell["q"] = "nullif(trim(q), 'NA')::DOUBLE"
    columns = ", ".join(f"'{name}': '{'VARCHAR' if scan.is_padded else kinds[name]}'" for name in scan.columns)
    # The name is escaped, because DuckDB reads [, * and ? in a name as a pattern for several files.
    reader = session.execute(
        f"SELECT enum_code({cell['t']}) AS t, enum_code({cell['k']}) AS k, enum_code({cell['i']}) AS i,"
        f" enum_code({cell['j']}) AS j, {cell['v']} AS v, coalesce({cell['q']}, {_UNKNOWN!r}::DOUBLE) AS q"
        " FROM read_csv(?, auto_detect = false, header = true, delim = ',', quote = '', escape = '', nullstr = 'NA',"
        f" hive_partitioning = false, strict_mode = true, columns = {{{columns}}})",
        [glob.escape(str(path.resolve()))],
    )
    while True:
        frame = reader.fetch_df_chunk(100)
        if not len(frame):
            return
        # An NA where only a number may stand comes as NaN; as a position it is none.
        for name in "tkij":
            if frame[name].dtype.kind == "f":
                raise _na(path)
        yield {name: frame[name].to_numpy() for name in "kijvq"}


def _na(path: Path) -> BadInput:
    return BadInput("NA stands where a code must stand.", where=path.name, cure="Only q may be NA.")


def _order(columns: Mapping[str, NDArray[Any]], places: int) -> NDArray[np.intp]:
    """The order by product, exporter, importer. CEPII's files come by exporter and importer: half is then done."""
    import numpy as np

    if places > 256:
        return np.lexsort((columns["importer"], columns["exporter"], columns["product"]))
    pair = columns["exporter"] * np.uint16(places) + columns["importer"]
    if (pair[1:] >= pair[:-1]).all():
        return np.argsort(columns["product"], kind="stable")
    by_pair = np.argsort(pair, kind="stable")
    return by_pair[np.argsort(columns["product"][by_pair], kind="stable")]


def _explain(path: Path, edition: Edition, otherwise: str) -> None:
    from didymium.sources.baci_faults import explained

    raise explained(path, edition, otherwise)
