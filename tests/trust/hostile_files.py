"""Hostile containers, sizes, JSON documents and file names."""

from __future__ import annotations

import gzip
import io
import json
import os
import pickle
import socket
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.trust.hostile_books import sound
from tests.trust.hostile_case import Case, put, seed, text

LINES = text([seed("production")]).encode("utf-8")
HEAD = LINES.split(b"\n")[0]
ROW = LINES.split(b"\n")[1]
TRUTH = {"product": "nd_oxide", "country": "CHN", "quantity": 63800.0}


def _many(*files: tuple[str, bytes]) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        layer = folder / "mine"
        layer.mkdir()
        for name, data in files:
            (layer / name).write_bytes(data)
        return layer

    return make


def _zip(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def container() -> Iterator[Case]:
    """Files within files, folders that are files, and things that are neither."""

    def bad(name: str, make: Callable[[Path], Path], *words: str, **more: Any) -> Case:
        return Case("container", name, make, words=words, **more)

    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        member = tarfile.TarInfo("../production.csv")
        member.size = len(LINES)
        archive.addfile(member, io.BytesIO(LINES))
    packed = {
        "zip": _zip(**{"production.csv": LINES}), "gz": gzip.compress(LINES, mtime=0), "tar": tar.getvalue(),
        "parquet": b"PAR1" + b"\0" * 40 + b"PAR1", "pkl": pickle.dumps({"a": 1}), "sqlite": b"SQLite format 3\0" + b"\0" * 100,
        "pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "png": b"\x89PNG\r\n\x1a\n" + b"\0" * 60, "elf": b"\x7fELF" + b"\0" * 60,
        "yaml": b"!!python/object/apply:os.system ['true']\n", "xml": b'<?xml version="1.0"?><!DOCTYPE x SYSTEM "/etc/passwd"><x/>',
    }  # fmt: skip
    for kind, data in packed.items():
        yield bad(f"{kind} named .csv", put("production.csv", data))
        yield bad(f"{kind} named .json", put("production.json", data))
        yield bad(f"{kind} by its name", put(f"production.{kind}", data), "is not read as a table")
    for kind in ("zip", "gz", "pkl"):
        yield bad(f"{kind} named .xlsx", put("own.xlsx", packed[kind]))
    yield bad("a workbook named .csv", put("production.csv", sound()))
    yield bad("a CSV named .json", put("production.json", LINES))
    for suffix in (".xls", ".xlsm", ".xlsb", ".ods", ".tsv", ".txt", ""):
        yield bad(f"a sound workbook named {suffix or 'without ending'}", put(f"own{suffix}", sound()), "is not read")

    def folder(named: str) -> Callable[[Path], Path]:
        def make(where: Path) -> Path:
            (where / named).mkdir()
            return where / named

        return make

    yield bad("a folder named .csv", folder("production.csv"), "no table")
    yield bad("a folder with nothing", folder("mine"), "no table")
    yield bad("no such file", lambda where: where / "production.csv", "no such file")

    def within(what: Callable[[Path], object], name: str = "production.csv") -> Callable[[Path], Path]:
        def make(where: Path) -> Path:
            layer = where / "mine"
            layer.mkdir()
            what(layer / name)
            return layer

        return make

    yield bad("a folder in the place of a table", within(lambda p: p.mkdir()), "no ordinary file")
    yield bad("a pipe", within(os.mkfifo), "no ordinary file")
    yield bad("a device", within(lambda p: p.symlink_to("/dev/zero")), "no ordinary file")
    yield bad("a link to nothing", within(lambda p: p.symlink_to("/nowhere")), "no ordinary file")
    yield bad("a link to itself", within(lambda p: p.symlink_to(p)))

    def listening(path: Path) -> None:
        with socket.socket(socket.AF_UNIX) as one:
            here = Path.cwd()
            os.chdir(path.parent)
            one.bind(path.name)
            os.chdir(here)

    yield bad("a socket", within(listening), "no ordinary file")
    other = LINES.replace(b"63800", b"1")
    both = json.dumps({"table": "production", "rows": [seed("production")]}).encode()
    yield bad("a table as CSV and JSON", _many(("production.csv", LINES), ("production.json", both)), "comes twice")
    yield bad("a table as CSV and workbook", _many(("production.csv", other), ("own.xlsx", sound())), "comes twice")
    yield bad("a table in capitals beside it", _many(("production.csv", LINES), ("Production.csv", other)), "no table")
    yield bad("a table beside a workbook that is broken", _many(("production.csv", LINES), ("own.xlsx", b"PK\x03\x04")))
    yield bad(
        "a table beside an old workbook", _many(("production.csv", LINES), ("own.xls", b"x")), "is not read as a table"
    )
    for name, said in (
        ("a visibility nobody knows", b'visibility = "secret"'), ("a setting nobody knows", b"visible = true"), ("no TOML", b"visibility: public"),
        ("Shift-JIS", "note = '南鳥島'".encode("cp932")), ("a list", b'visibility = ["public"]'), ("a nest", b"a = " + b"[" * 100_000),
        ("NUL", b"\x00"), ("UTF-16", 'visibility = "public"'.encode("utf-16")),
    ):  # fmt: skip
        yield bad(f"layer.toml: {name}", _many(("production.csv", LINES), ("layer.toml", said)), "layer.toml")
    yield Case(
        "container",
        "hidden files beside a table",
        _many(("production.csv", LINES), (".production.csv", b"x"), ("~$own.xlsx", b"x")),
        "taken",
        held=TRUTH,
    )
    yield Case(
        "container",
        "notes beside a table",
        _many(("production.csv", LINES), ("notes.md", b"x"), ("run.py", b"boom")),
        "taken",
        held=TRUTH,
    )


def size() -> Iterator[Case]:
    """Too much and too little."""

    def bad(name: str, make: Callable[[Path], Path], *words: str, row: str = "", **more: Any) -> Case:
        return Case("size", name, make, words=words, row=row, **more)

    def sparse(name: str, length: int) -> Callable[[Path], Path]:
        def make(folder: Path) -> Path:
            path = folder / name
            with path.open("wb") as file:
                file.truncate(length)
            return path

        return make

    for name in ("production.csv", "own.xlsx", "production.json"):
        yield bad(f"nothing in {name}", put(name, b""))
        yield bad(f"one byte in {name}", put(name, b"x"))
        yield bad(f"a terabyte in {name}", sparse(name, 1 << 40), "bytes")
    yield bad("a gigabyte of noughts", sparse("production.csv", 1 << 30), "bytes")
    yield bad("a line of ten million signs", put("production.csv", HEAD + b"\n" + b"x" * 10_000_000), row="row 2")
    yield bad(
        "a cell of a million signs",
        put("production.csv", LINES.replace(b"nd_oxide", b"x" * 1_000_000)),
        row="row 2",
        column="product",
    )
    yield bad(
        "a text of ten million signs",
        put("projects.csv", text([seed("projects", notes="x" * 10_000_000)]).encode()),
        row="row 2",
        table="projects",
    )
    yield bad(
        "a header of a hundred thousand columns",
        put("production.csv", b",".join(b"c%d" % i for i in range(100_000)) + b"\n"),
        row="row 1",
    )
    yield bad("a hundred thousand quotes", put("production.csv", HEAD + b"\n" + b'"' * 100_001), row="row 2")
    yield bad("a hundred thousand empty lines", put("production.csv", LINES + b"\n" * 100_000), row="row 3")
    yield bad(
        "ten thousand wrong rows",
        put(
            "production.csv",
            HEAD + b"\n" + ROW.replace(b"63800", b"x") * 1 + b"\n" + (ROW.replace(b"63800", b"x") + b"\n") * 10_000,
        ),
    )
    yield bad(
        "a number of a million digits",
        put("production.csv", LINES.replace(b"63800", b"9" * 1_000_000)),
        row="row 2",
        column="quantity",
    )
    yield bad(
        "an exponent of a million digits",
        put("production.csv", LINES.replace(b"63800", b"1e" + b"9" * 1_000_000)),
        row="row 2",
        column="quantity",
    )
    yield bad("a hundred thousand brackets", put("production.json", b"[" * 100_000))
    yield bad("a hundred thousand braces", put("production.json", b'{"a":' * 100_000))
    yield bad(
        "an integer of a hundred thousand digits",
        put("production.json", json.dumps([seed("production")]).replace('"63800"', "9" * 100_000).encode()),
    )


def documents() -> Iterator[Case]:
    """JSON that is none, and JSON that says two things at once."""
    row = seed("production")

    def bad(name: str, data: bytes | str, *words: str, **more: Any) -> Case:
        raw = data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")
        return Case("json", name, put("production.json", raw), words=words, **more)

    def cell(column: str, written: str, *words: str, **more: Any) -> Case:
        whole = json.dumps([{**row, column: "@@"}]).replace('"@@"', written)
        return bad(f"{column} {written[:30]!a}", whole, *words, row="row 1", column=column, **more)

    sound_text = json.dumps([row])
    for name, data in (
        ("a number", "5"), ("a text", '"production"'), ("null", "null"), ("true", "true"), ("an object", "{}"), ("rows that are none", '{"rows": 5}'),
        ("a row that is none", "[5]"), ("a row that is a list", '[["nd_oxide"]]'), ("a row that is null", "[null]"), ("a table nobody knows", '{"table": "x", "rows": []}'),
        ("a table that is a number", '{"table": 5, "rows": []}'), ("a comma at the end", sound_text[:-1] + ",]"), ("a remark", "// x\n" + sound_text),
        ("apostrophes", "[{'product': 'nd_oxide'}]"), ("two documents", sound_text * 2), ("a line each", sound_text[1:-1] + "\n" + sound_text[1:-1]),
        ("half of it", sound_text[:100]), ("a column nobody knows", json.dumps([{**row, "more": 1}])), ("no product", json.dumps([{k: v for k, v in row.items() if k != "product"}])),
        ("undefined", sound_text.replace('"63800"', "undefined")), ("a tab in a text", sound_text.replace("nd_oxide", "nd\toxide")),
    ):  # fmt: skip
        yield bad(name, data)
    yield bad("a key twice", sound_text.replace('"quantity": "63800"', '"quantity": "63800", "quantity": "1"'), "twice")
    yield bad("a key twice, equal", sound_text.replace('"year": "2024"', '"year": "2024", "year": "2024"'), "twice")
    yield bad("rows twice", f'{{"table": "production", "rows": [], "rows": {sound_text}}}', "twice")
    yield bad("more than rows", f'{{"table": "production", "rows": {sound_text}, "also": [1]}}')
    for code in ("utf-16", "utf-32", "utf-16-le"):
        yield bad(code, sound_text.encode(code))
    yield bad("Shift-JIS", json.dumps([{**row, "basis": "泥"}], ensure_ascii=False).encode("cp932"))
    for written in (
        "NaN", "Infinity", "-Infinity", "1e309", "-1e309", "1e-400", "true", "false", "null", '""', "[]", "[5]", "{}", '{"a": 5}', '"5,5"',
        '"W"', "05", "+5", ".5", "5.", "0x1F", "5_0", '"NaN"', "-5", "1e300", '" 5"', '"5\\u200b"',
    ):  # fmt: skip
        yield cell("quantity", written)
    for written in ("2024.5", "true", '"24"', "null", "[2024]", "2.0245e3", "1e9"):
        yield cell("year", written)
    for written in (
        "true",
        "5",
        '["nd_oxide"]',
        '["nd_oxide", "pr_oxide"]',
        '{"id": "nd_oxide"}',
        "null",
        '"nd\\u0000oxide"',
        '"\\ud800"',
        '"nd_oxide\\u200b"',
    ):
        yield cell("product", written)
    for written in ("true", '["a", "b"]', '{"a": 1}', '"a\\ud800b"', '"a\\u0000b"', '"a\\u001bb"', '"a\\u202eb"', "[]"):
        yield cell("basis", written)
    for written in ("2", "1.5", '"yes"', "[1]"):
        yield cell("is_total", written)
    trade = json.dumps([seed("trade", hs_code="@@", series="own", preferred="0")])
    for written in ("284690", "80510", "2.8469e5"):
        yield Case(
            "json",
            f"hs_code {written}",
            put("trade.json", trade.replace('"@@"', written).encode()),
            row="row 1",
            column="hs_code",
            table="trade",
        )
    held = TRUTH
    for name, data in (
        ("plain", sound_text), ("with a mark", "\ufeff" + sound_text), ("a number as number", sound_text.replace('"63800"', "63800")),
        ("a number with a point", sound_text.replace('"63800"', "63800.0")), ("a number with an exponent", sound_text.replace('"63800"', "6.38e4")),
        ("an object", f'{{"table": "production", "rows": {sound_text}}}'), ("a flag as flag", sound_text.replace('"is_total": "0"', '"is_total": false')),
    ):  # fmt: skip
        yield Case("json", f"sound: {name}", put("production.json", data.encode()), "taken", held=held)


def names() -> Iterator[Case]:
    """Names that a shell, a pattern or a terminal reads as something else."""
    stranger = LINES.replace(b"63800", b"66666")

    def beside(name: str, *others: str) -> Callable[[Path], Path]:
        def make(folder: Path) -> Path:
            for other in others:
                (folder / other).write_bytes(stranger)
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(LINES)
            return folder / name

        return make

    for name in (
        "[pq]roduction.csv",
        "*.csv",
        "p?oduction.csv",
        "{production,x}.csv",
        "produ**n.csv",
        "production[0-9].csv",
    ):
        yield Case("name", name, beside(name, "production.csv", "qroduction.csv"), words=("there is no table",))
    for folder in ("[ab]", "*", "a?", "$HOME", "`id`", "a;b", "a|b", "%2e%2e", "a b", "ä", "日本", "-x", "~", "..."):
        yield Case("name", f"within {folder}", beside(f"{folder}/production.csv"), "taken", held=TRUTH)
    for name in (
        "Production.csv", "PRODUCTION.csv", "production .csv", " production.csv", "productions.csv", "production.csv.csv", "production(1).csv",
        "production - Copy.csv", "production_v2.csv", "produсtion.csv", "production\u200b.csv", "ｐroduction.csv", "-production.csv", "--layer.csv",
        "$(id).csv", "'; DROP TABLE production.csv", "%s%n.csv", "<b>x<b>.csv", "CON.csv", "x" * 200 + ".csv", "e\u0301.csv", "日本.csv", "🧲.csv",
        "a\nb.csv", "a\x1b[31mb.csv", "a\x07b.csv", "a\u202evsc.csv", "a\tb.csv", "a\\b.csv", ".csv", "production.cs", "production.csv~", "production.csv.exe",
    ):  # fmt: skip
        yield Case("name", f"{name[:30]!a}", put(name, LINES))
    yield Case("name", "production.CSV", put("production.CSV", LINES), "either", held=TRUTH)
