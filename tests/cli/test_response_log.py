"""The log of actions on the command line, and the pack that holds it with the answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Didymium

WHO = ("--why", "agreed in the call", "--who")


def test_two_ministries_sign_an_action(didymium: Didymium, tmp_path: Path) -> None:
    log = ("--log", tmp_path / "actions.jsonl")
    add = ("respond", "log", "add", "A1", "--what", "open the stock", "--option", "release", *WHO, "Sato, METI")
    assert didymium(*add, *log).code == 0
    assert (
        didymium("respond", "log", "assign", "A1", "--owner", "JOGMEC", "--party", "JPN", *WHO, "Sato", *log).code == 0
    )
    for party, who in (("USA", "Miller, DOE"), ("JPN", "Sato, METI")):
        assert didymium("respond", "log", "sign", "A1", "--party", party, *WHO, who, *log).code == 0
    (row,) = didymium("respond", "log", "show", *log, "--json").json()["rows"]
    assert row["is_signed_off"] and row["missing"] == [] and row["owner"] == "JOGMEC"
    steps = [line["step"] for line in didymium("respond", "log", "history", "A1", *log, "--json").json()["rows"]]
    assert steps == ["add", "assign", "sign", "sign"]
    last = didymium("respond", "log", "verify", *log, "--json").json()["last_hash"]
    assert didymium("respond", "log", "verify", "--expect", last, *log).code == 0
    assert didymium("respond", "log", "verify", "--expect", "0" * 64, *log).code == 1
    assert "has signed A1" in didymium("respond", "log", "sign", "A1", "--party", "JPN", *WHO, "Sato, METI", *log).err
    path = log[1]
    assert isinstance(path, Path)
    path.write_bytes(path.read_bytes().replace(b"JOGMEC", b"JOGMAC"))
    broken = didymium("respond", "log", "verify", *log)
    assert broken.code == 2 and "line 2" in broken.err


@pytest.mark.slow
def test_the_pack_holds_situation_options_and_log(didymium: Didymium, tmp_path: Path) -> None:
    from openpyxl import load_workbook

    log = ("--log", tmp_path / "actions.jsonl")
    didymium("respond", "log", "add", "A1", "--what", "open the stock", *WHO, "Sato, METI", *log)
    folder = tmp_path / "pack"
    said = didymium("respond", "pack", "--as-of", "2025-04-04", "-o", folder, *log)
    assert said.code == 0
    assert {path.name for path in folder.iterdir()} == {f"respond.{kind}" for kind in ("html", "pdf", "xlsx", "json")}
    page = (folder / "respond.html").read_text("utf-8")
    whole = json.loads((folder / "respond.json").read_text("utf-8"))
    assert "open the stock" in page and whole["last_hash"] in page and whole["run_id"] in page
    assert whole["actions"][0]["missing"] == ["USA", "JPN"]
    assert (folder / "respond.pdf").read_bytes().startswith(b"%PDF")
    book = load_workbook(folder / "respond.xlsx")
    assert {"rows", "situation", "hit", "actions", "log"} <= set(book.sheetnames)
