"""Hostile scenarios, journals, publications, terms and workbooks of promises: the other doors."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.sources.publisher_files import BGS, MCS_2026, WMD
from tests.trust.hostile_books import book, part, with_part
from tests.trust.hostile_case import Case, put

SCENARIO = """id = "own"
title = "Own"
title_ja = "自"
start = "2026-01"
months = 12

[[cuts]]
exporter = "CHN"
products = ["nd_oxide"]
start = "2026-02"
end = "2026-06"
approval_share = 0.25
"""


def scenarios() -> Iterator[Case]:
    """TOML that is none, and scenarios that cannot be."""

    def bad(name: str, data: str | bytes, *words: str, value: str = "", **more: Any) -> Case:
        raw = data if isinstance(data, bytes) else data.encode("utf-8")
        return Case("scenario", name, put("own.toml", raw), words=words, value=value, door="scenario", **more)

    def put_in(old: str, new: str, *words: str, **more: Any) -> Case:
        if old not in SCENARIO:
            raise LookupError(old)
        return bad(f"{old.split(' =')[0].strip()}: {new[:40]!a}", SCENARIO.replace(old, new, 1), *words, **more)

    for share in (
        "nan",
        "inf",
        "-0.1",
        "1.1",
        "true",
        '"a"',
        '"0.25"',
        "[0.25]",
        "25",
        "'25%'",
        "1e400",
        "2026-01-01",
        "+nan",
    ):
        yield put_in("approval_share = 0.25", f"approval_share = {share}", "approval_share")
    for months in ("0", "-1", "121", "1000000000000", "12.5", "true", '"12"', "nan", "[]", "9" * 400):
        yield put_in("months = 12", f"months = {months}")
    for month in (
        '"2026-13"',
        '"2026"',
        '"26-01"',
        '"2026-01-01"',
        "2026-01-01",
        "202601",
        '"Jan 2026"',
        '"２０２６-01"',
        '"2026-01 "',
        '"2026-01\\n"',
        '"1900-01"',
        '""',
    ):
        yield put_in('start = "2026-01"', f"start = {month}")
    for place in ('"china"', '"CN"', '"CH N"', '"CHN\\u200b"', "5", "[]", '""', '"CHN\\n"'):
        yield put_in('exporter = "CHN"', f"exporter = {place}")
    for products in (
        "[]",
        '"nd_oxide"',
        "[5]",
        "{}",
        '[""]',
        '["nd_oxide\\u202e"]',
    ):
        yield put_in('products = ["nd_oxide"]', f"products = {products}")
    yield put_in('end = "2026-06"', 'end = "2026-02"', "not after start")
    yield put_in('end = "2026-06"', 'finish = "2026-06"', "finish")
    yield put_in('id = "own"', 'id = "../own"')
    yield put_in('id = "own"', 'id = "own"\nid = "other"')
    yield put_in('title = "Own"', 'title = "a\\u001b[31mb"')
    yield put_in('title = "Own"', "title = 5")
    yield bad("a table twice", SCENARIO + "[cuts]\n")
    for name, data in (
        ("empty", b""), ("NUL", b"\x00"), ("UTF-16", SCENARIO.encode("utf-16")), ("Shift-JIS", SCENARIO.encode("cp932")), ("JSON", b'{"id": "own"}'),
        ("YAML", b"id: own\nstart: 2026-01\n"), ("XML", b"<scenario/>"), ("brackets", b"a = " + b"[" * 100_000), ("braces", b"a = " + b"{a=" * 50_000),
        ("dots", b"a" + b".a" * 50_000 + b" = 1"), ("half", SCENARIO.encode()[:120]), ("a workbook", b"PK\x03\x04"), ("random", bytes(range(256))),
    ):  # fmt: skip
        yield bad(name, data)

    def folder(where: Path) -> Path:
        (where / "own.toml").mkdir()
        return where / "own.toml"

    def endless(where: Path) -> Path:
        (where / "own.toml").symlink_to("/dev/zero")
        return where / "own.toml"

    def huge(where: Path) -> Path:
        with (where / "own.toml").open("wb") as file:
            file.truncate(1 << 36)
        return where / "own.toml"

    yield Case("scenario", "a folder", folder, door="scenario")
    yield Case("scenario", "a device", endless, door="scenario")
    yield Case("scenario", "64 gigabytes", huge, door="scenario")
    yield Case("scenario", "sound", put("own.toml", SCENARIO.encode()), "taken", held={"months": 12}, door="scenario")
    yield Case(
        "scenario",
        "with a mark",
        put("own.toml", b"\xef\xbb\xbf" + SCENARIO.encode()),
        "taken",
        held={"months": 12},
        door="scenario",
    )


APPLIED = SCENARIO.replace('"nd_oxide"', '"ndpr_oxide"')


def applied() -> Iterator[Case]:
    """Scenarios that are well written and name what the data does not hold: found where they are put over it."""
    for old, new, word in (
        ('exporter = "CHN"', 'exporter = "ZZZ"', "place 'ZZZ' is not known"),
        ('exporter = "CHN"', 'exporter = "CHN"\nimporters = ["USA", "XXX"]', "place 'XXX' is not known"),
        ('"ndpr_oxide"', '"unobtainium"', "product 'unobtainium' is not known"),
        ('"ndpr_oxide"', '"lithium_carbonate"', "product 'lithium_carbonate' is not known"),
        ("months = 12", 'months = 12\nbased_on = ["no-such-measure"]', "measure 'no-such-measure' is not known"),
        ("months = 12", 'months = 12\nfamilies = ["spices"]', "family 'spices' is not known"),
        ("approval_share = 0.25", 'approval_observed = "nothing"', "measure 'nothing' is not known"),
    ):
        if old not in APPLIED:
            raise LookupError(old)
        made = put("own.toml", APPLIED.replace(old, new, 1).encode("utf-8"))
        yield Case("scenario", f"applied: {new[:60]!a}", made, words=(word,), door="applied")


def _journal() -> list[bytes]:
    from didymium.data.chained import START, Draft
    from didymium.data.journal import sealed

    lines, before = [], START
    for number in (1, 2, 3):
        draft = Draft("update", "c001", {"notes": f"note {number}"}, "me", "so")
        entry, line = sealed(draft, line=number, at="2026-11-01T00:00:00Z", previous=before)
        lines.append(line)
        before = entry.hash
    return lines


def journals() -> Iterator[Case]:
    """Journals in which somebody changed, moved, added or took away a line."""
    one, two, three = _journal()
    said = json.loads(two)

    def bad(name: str, data: bytes, row: str = "line 2") -> Case:
        return Case("journal", name, put("promises.jsonl", data), row=row, door="journal")

    yield bad("a word changed", one + two.replace(b"note 2", b"note 9") + three)
    yield bad("a line taken out", one + three)
    yield bad("lines moved", one + three + two)
    yield bad("a line twice", one + one)
    yield bad("the first line taken out", two + three, "line 1")
    for name, tail in (("half a line at the end", two[:40]), ("no end at the end", two[:-1])):
        # what a writer had not finished: nobody was told of it, and it does not count
        made = put("promises.jsonl", one + tail)
        said_so = (f"{len(tail)} bytes after it do not count",)
        yield Case("journal", name, made, "taken", said_so, held={"line": 1, "of": 1}, door="journal")
    yield bad("an empty line", one + b"\n" + two)
    yield bad("CR LF", one + two.replace(b"\n", b"\r\n"))
    yield bad("spaces", one + two.replace(b":", b": "))
    yield bad("another order", one + json.dumps(said).encode() + b"\n")
    yield bad("a member more", one + json.dumps({**said, "x": 1}).encode() + b"\n")
    yield bad("a key twice", one + two.replace(b'"why"', b'"who":"x","why"'))
    yield bad("another hash", one + two.replace(said["hash"].encode(), b"0" * 64))
    yield bad("a number for a text", one + two.replace(b'"me"', b"5"))
    yield bad("no object", one + b"[]\n")
    yield bad("a nest", one + b"[" * 100_000 + b"\n")
    yield bad("UTF-16", one + two.decode().encode("utf-16"))
    yield bad("half a pair", one + two.replace(b"note 2", b"\\ud800"))
    yield bad("NUL", one + b"\x00\n")
    yield bad("a mark", b"\xef\xbb\xbf" + one, "line 1")
    yield Case("journal", "sound", put("promises.jsonl", one + two + three), "taken", door="journal")
    yield Case("journal", "nothing", put("promises.jsonl", b""), "taken", door="journal")

    def device(where: Path) -> Path:
        (where / "promises.jsonl").symlink_to("/dev/zero")
        return where / "promises.jsonl"

    yield Case("journal", "a device", device, door="journal")


def publications() -> Iterator[Case]:
    """A publisher's file that was changed, cut, saved anew or mixed up."""

    def bad(name: str, change: Callable[[str], str | bytes], *words: str, row: str = "", value: str = "") -> Case:
        sound = (
            MCS_2026.replace("oddly", "5")
            .replace("Ruritania", "Canada")
            .replace("ASBESTOS", "COBALT")
            .replace("Asbestos", "Cobalt")
        )
        changed = change(sound)
        raw = changed if isinstance(changed, bytes) else changed.encode("cp1252", "xmlcharrefreplace")
        if changed == sound:
            raise LookupError(name)
        return Case("import", name, put("own.csv", raw), words=words, row=row, value=value, door="import usgs-mcs-2026")

    for value in (
        "2E+99",
        "NaN",
        "inf",
        "-5",
        "226,00",
        "2,26,000",
        "~5",
        "5 t",
        "=1+1",
        "zz",
        "1e20",
        "<",
        "5-2",
        "(5)",
        "TRUE",
    ):
        yield bad(f"value {value}", lambda s, v=value: s.replace("226,000", v), row="row 2", value=value)
    for place in ("Ruritania", "Congo", "CONGO (KINSHASA)", "", "World", "Congo (Kinshasa);Japan"):
        yield bad(f"place {place}", lambda s, v=place: s.replace("Congo (Kinshasa)", v), row="row 2", value=place)
    yield bad(
        "a unit nobody knows",
        lambda s: s.replace("metric tons,2024", "long tons,2024", 1),
        row="row 2",
        value="long tons",
    )
    yield bad("a year that is none", lambda s: s.replace("2024", "MMXXIV", 1), row="row 2", value="MMXXIV")
    yield bad("two figures", lambda s: s + s.split("\r\n")[1].replace("226,000", "1") + "\r\n", "contradicts")
    yield bad("a column missing", lambda s: s.replace(",Other notes", "", 1), row="row 1", value="Other notes")
    yield bad("columns moved", lambda s: s.replace("Section,Commodity", "Commodity,Section", 1), row="row 1")
    yield bad("a cell too many", lambda s: s.replace("Yes,", "Yes,,x", 1), row="row 2")
    yield bad("a quote that never ends", lambda s: s + '"COBALT')
    yield bad("UTF-8", lambda s: s.encode("utf-8"), "UTF-8")
    yield bad("UTF-16", lambda s: s.encode("utf-16"), "UTF-16")
    yield bad("NUL", lambda s: s.replace("COBALT", "COB\x00ALT"), "NUL")
    yield bad("CR alone", lambda s: s.replace("\r\n", "\r"), "CR alone")
    yield bad("empty", lambda s: "")
    yield bad("another publication", lambda s: WMD)
    yield bad("a third publication", lambda s: BGS)
    yield bad("a workbook", lambda s: book({"S": [["x"]]}))
    yield bad("a long cell", lambda s: s.replace("Estimated.", "x" * 30_000, 1))
    yield Case(
        "import", "no such importer", put("own.csv", b"x"), words=("usgs-mcs-2026",), door="import usgs-mcs-2062"
    )


def terms() -> Iterator[Case]:
    """A user's own readings of words."""
    head = "body,term,place,flags,reviewed\n"

    def bad(name: str, data: str | bytes, *words: str, **more: Any) -> Case:
        sound = (
            MCS_2026.replace("oddly", "5")
            .replace("ASBESTOS", "COBALT")
            .replace("Asbestos", "Cobalt")
            .replace("Ruritania", "Canada")
        )

        def make(folder: Path) -> Path:
            (folder / "sound.csv").write_bytes(sound.encode("cp1252"))
            path = folder / "places.csv"
            path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8"))
            return path

        return Case("import", f"terms: {name}", make, words=words, door="terms usgs-mcs-2026", **more)

    yield bad("a place nobody knows", head + ",Ruritania,RUR,,mine\n", row="row 2", column="place", value="RUR")
    yield bad("no reason", head + ",Ruritania,JPN,,\n", row="row 2", column="reviewed")
    yield bad("another header", "term,place\nx,JPN\n", row="row 1")
    yield bad("Shift-JIS", (head + ",日本,JPN,,mine\n").encode("cp932"), row="row 2")
    yield bad("empty", "")
    yield bad("a word twice", head + ",Ruritania,JPN,,mine\n,Ruritania,CHN,,mine\n", row="row 3")


def promises() -> Iterator[Case]:
    """Workbooks of promises."""

    def bad(name: str, data: bytes, row: str = "row 2", **more: Any) -> Case:
        return Case("book", name, put("book.xlsx", data), row=row, door="book", **more)

    head = ["commitment_id", "status", "notes"]

    def lines(*rows: list[object], title: list[str] = head) -> bytes:
        return book({"S": [title, *rows]})

    seen = lines(["c001", "open", "x"])
    hidden = with_part(
        seen, "xl/workbook.xml", part(seen, "xl/workbook.xml").replace(b'state="visible"', b'state="hidden"')
    )
    yield bad(
        "a column nobody knows",
        lines(["c001", "open", "x"], title=["commitment_id", "state", "notes"]),
        "row 1",
        value="state",
    )
    yield bad(
        "a column twice",
        lines(["c001", "open", "met"], title=["commitment_id", "status", "status"]),
        "row 1",
        value="status",
    )
    yield bad("a promise nobody knows", lines(["c999", "open", "x"]), "row 2", value="c999")
    yield bad("a status nobody knows", lines(["c001", "done?", "x"]), "row 2", value="done?")
    yield bad("a formula", lines(["c001", "open", "=1+1"]), "row 2", column="notes")
    yield bad("an error value", lines(["c001", "open", "#REF!"]), "row 2", column="notes")
    yield bad("true", lines(["c001", "open", True]), "row 2", column="notes")
    yield bad("words right of the table", lines(["c001", "open", "x", "lost"]), "row 2", value="lost")
    yield bad("no id", lines([None, "open", "x"]))
    yield bad("no rows", lines(), "")
    yield bad("an empty first row", book({"S": [[], head, ["c001", "open", "x"]]}), "row 1")
    yield bad("no sheet that is seen", hidden, "")
    yield bad(
        "two sheets", book({"S": [head, ["c001", "open", "x"]], "T": [head, ["c001", "met", "y"]]}), "", value="T"
    )
    yield bad("a direction sign", lines(["c001", "open", "a\u202eb"]), "row 2", column="notes")
    yield bad("no workbook", b"x", "")
    yield Case("book", "sound", put("book.xlsx", lines(["c001", "open", "x"])), "taken", door="book")
