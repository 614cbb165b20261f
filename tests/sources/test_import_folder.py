"""The folder of an import: whole or not there, the same bytes each time, and a layer that can be used."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from publisher_files import BGS, MCS_2025

from didymium.data import open as open_data
from didymium.errors import BadInput
from didymium.schema import DATA_VERSION
from didymium.sources.folder import RECORD, documents, fingerprints, source_row, write_folder
from didymium.sources.register import import_documents


@pytest.fixture
def made(excerpts: Any) -> dict[str, bytes]:
    path = excerpts.write("BGS_gallium_production.csv", BGS)
    return import_documents("bgs-wms", path, excerpts.vocabulary)[1]


def nothing(folder: Path) -> None:
    """A check that passes."""


def test_importing_twice_changes_nothing(made: dict[str, bytes], tmp_path: Path) -> None:
    folder = tmp_path / "out"
    assert write_folder(made, folder, nothing) is True
    before = {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in folder.iterdir()}
    assert write_folder(made, folder, nothing) is False
    assert {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in folder.iterdir()} == before
    assert set(before) == {"production.csv", "published.csv", RECORD}


def test_the_record_names_the_bytes_that_were_read(made: dict[str, bytes], tmp_path: Path) -> None:
    record = json.loads(made[RECORD])
    data = (tmp_path / "BGS_gallium_production.csv").read_bytes()
    name = "BGS_gallium_production.csv"
    assert record["files"] == [{"file": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}]
    assert record["origin"]["licence"] == "OGL v3.0"
    assert record["figures_in"] == record["rows_out"] + sum(record["left_out"].values()) == 6


def test_an_import_that_fails_leaves_the_old_one(made: dict[str, bytes], tmp_path: Path) -> None:
    folder = tmp_path / "out"
    write_folder(made, folder, nothing)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}

    def fails(path: Path) -> None:
        raise BadInput("no.")

    with pytest.raises(BadInput, match=r"^no\.$"):
        write_folder({**made, "published.csv": b"other\n"}, folder, fails)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("at", range(1, 9))
def test_a_fault_at_any_write_leaves_all_or_nothing(
    made: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """Every call that changes the disk fails once, in turn: the folder holds the old import or the new one."""
    folder = tmp_path / "out"
    write_folder(made, folder, nothing)
    old = {file.name: file.read_bytes() for file in folder.iterdir()}
    new = {**made, "published.csv": made["published.csv"] + b"\n"}
    calls = 0

    def failing(name: str) -> None:
        real = getattr(Path, name)

        def call(self: Path, *args: Any, **more: Any) -> Any:
            nonlocal calls
            if name != "open" or (args and args[0] == "wb"):
                calls += 1
                if calls == at:
                    raise OSError(28, "No space left on device")
            return real(self, *args, **more)

        monkeypatch.setattr(Path, name, call)

    for name in ("mkdir", "open", "rename"):
        failing(name)
    try:
        write_folder(new, folder, nothing)
        assert calls < at
    except BadInput as refused:
        assert "No space left" in refused.line()
    held = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert held in (old, new)


def test_a_folder_with_something_else_is_left_alone(made: dict[str, bytes], tmp_path: Path) -> None:
    folder = tmp_path / "thesis"
    folder.mkdir()
    (folder / "chapter.docx").write_text("years of work", encoding="utf-8")
    with pytest.raises(BadInput, match="something else than an import of bgs-wms"):
        write_folder(made, folder, nothing)
    assert (folder / "chapter.docx").exists()
    with pytest.raises(BadInput, match="is no folder"):
        write_folder(made, folder / "chapter.docx", nothing)


def test_an_import_is_a_layer(excerpts: Any, tmp_path: Path) -> None:
    path = excerpts.write("MCS2025_World_Data.csv", MCS_2025, "utf-8-sig")
    made = import_documents("usgs-mcs-2025", path, excerpts.vocabulary)[1]
    write_folder(made, tmp_path / "mcs2025", nothing)
    layered = open_data(layers=[tmp_path / "mcs2025"])
    (row,) = layered.rows("production", product="lithium", country="BRA", year=2024, layer="mcs2025")
    assert row["quantity"] == 10000.0
    # The edition in use is still the later one: an import brings claims and lets the rules choose.
    assert row["preferred"] is False
    (withheld,) = layered.rows("published", layer="mcs2025", product="lithium", country="USA", year=2024, stage="mine")[
        :1
    ]
    assert withheld["value_status"] == "withheld"


def test_fingerprints_are_those_of_the_file_or_of_the_files_of_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "deeper").mkdir(parents=True)
    (folder / "b.csv").write_bytes(b"bb")
    (folder / "a.csv").write_bytes(b"")
    empty = {"file": "a.csv", "bytes": 0, "sha256": hashlib.sha256(b"").hexdigest()}
    full = {"file": "b.csv", "bytes": 2, "sha256": hashlib.sha256(b"bb").hexdigest()}
    assert fingerprints(folder) == [empty, full] and fingerprints(folder / "b.csv") == [full]


def test_a_source_that_ships_is_not_written_again_and_a_new_one_is(excerpts: Any) -> None:
    path = excerpts.write("BGS_gallium_production.csv", BGS)
    intake = excerpts.take("bgs-wms", path)
    assert "sources.csv" not in documents(intake, [], ["x", "bgs-wms"])
    made = documents(intake, [], ["x"])
    assert list(made) == ["production.csv", "published.csv", "sources.csv", RECORD]
    head, row = made["sources.csv"].decode("utf-8").splitlines()
    held = dict(zip(head.split(","), next(csv.reader([row])), strict=True))
    assert source_row(intake.origin) == {
        "source_id": "bgs-wms",
        "title": "World Mineral Statistics, series to 2023",
        "producer": "British Geological Survey",
        "url": intake.origin.url,
        "published_date": "2025",
        "accessed_date": "2026-11-22",
        "licence": "OGL v3.0",
        "kind": "official",
        "notes": "Contains British Geological Survey materials © UKRI.",
    }
    assert {name: held[name] for name in source_row(intake.origin)} == source_row(intake.origin)
    record = json.loads(made[RECORD])
    assert record["tables"] == {"production": 2, "published": 5, "sources": 1} and record["files"] == []
    assert (record["importer"], record["rows_out"], record["data_version"]) == ("bgs-wms", 5, DATA_VERSION)
    assert record["left_out"] == dict(intake.left_out) and record["corrections"] == {}
    assert record["corrections_without_a_cell"] == list(intake.unmet) and record["origin"]["vintage"] == "2023"
    assert (
        "©".encode() in made[RECORD] and made[RECORD].startswith(b'{\n  "importer"') and made[RECORD].endswith(b"}\n")
    )


def test_the_check_sees_all_files_and_nothing_is_left_beside(made: dict[str, bytes], tmp_path: Path) -> None:
    seen: dict[str, bytes] = {}
    folder = tmp_path / "new" / "deeper" / "out"

    def look(path: Path) -> None:
        assert path.parent == folder.parent and path.name.startswith(".out.") and len(path.name) == len(".out.") + 12
        seen.update({file.name: file.read_bytes() for file in path.iterdir()})

    assert write_folder(made, folder, look) is True
    assert seen == made == {file.name: file.read_bytes() for file in folder.iterdir()}
    assert write_folder({**made, "published.csv": b"x\n"}, folder, nothing) is True
    assert (folder / "published.csv").read_bytes() == b"x\n"
    assert [path.name for path in folder.parent.iterdir()] == ["out"]


def test_an_empty_folder_is_filled_and_a_file_less_or_other_is_renewed(made: dict[str, bytes], tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    assert write_folder(made, folder, nothing) is True
    (folder / "production.csv").unlink()
    assert write_folder(made, folder, nothing) is True and (folder / "production.csv").exists()
    (folder / "places.csv").write_bytes(b"of an older import\n")
    assert write_folder(made, folder, nothing) is True and not (folder / "places.csv").exists()


@pytest.mark.parametrize(
    "record", [None, b"", b"[]", b"7", b"{", b'{"importer": "wmd-2026"}', b'{"other": "bgs-wms"}', b"\xff"]
)
def test_a_folder_whose_record_is_not_ours_is_left_alone(
    made: dict[str, bytes], tmp_path: Path, record: bytes | None
) -> None:
    folder = tmp_path / "out"
    write_folder(made, folder, nothing)
    if record is None:
        (folder / RECORD).unlink()
    else:
        (folder / RECORD).write_bytes(record)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    with pytest.raises(BadInput) as refused:
        write_folder({**made, "published.csv": b"x\n"}, folder, nothing)
    assert refused.value.line() == (
        f"{folder}: the folder holds something else than an import of bgs-wms. Name a new folder with --into."
    )
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_a_link_in_place_of_the_folder_is_refused(made: dict[str, bytes], tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    for name, target in (("link", real), ("broken", tmp_path / "none")):
        (tmp_path / name).symlink_to(target)
        with pytest.raises(BadInput, match=r"is no folder\. Name a new folder with --into\."):
            write_folder(made, tmp_path / name, nothing)
    assert list(real.iterdir()) == []


def test_a_place_that_cannot_be_written_is_told(made: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(BadInput, match=r"cannot be written: .*\. Name another place\.$"):
        write_folder(made, tmp_path / "file" / "out", nothing)
