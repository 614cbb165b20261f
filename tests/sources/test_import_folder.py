"""The folder of an import: whole or not there, the same bytes each time, and a layer that can be used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from publisher_files import BGS, MCS_2025

from didymium.data import open as open_data
from didymium.errors import BadInput
from didymium.sources.folder import RECORD, write_folder
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
    import hashlib
    import json

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
