"""The long harnesses in small, and each on a variant that is broken on purpose. Those of minutes are campaigns."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.trust.clean import QUESTIONS, _readme_line
from tests.trust.orders import Ran, asked_of_others, keep, told
from tests.trust.repeats import SOURCE, in_order_of_the_file, surroundings

ROOT = Path(__file__).parents[2]


def harness(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", f"tests.trust.{name}", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=1200)


def test_surroundings_cover_each_number_of_workers_in_both_orders() -> None:
    tried = surroundings(20)
    assert {(a.workers, a.executor) for a in tried} == {(w, e) for w in (1, 2, 4) for e in ("threads", "processes")}
    assert sum(a.shuffled for a in tried) == 10 and len({a.variables()["PYTHONHASHSEED"] for a in tried}) == 20


def test_the_broken_variant_of_order_still_fits_the_program(tmp_path: Path) -> None:
    module = tmp_path / "didymium" / "data" / "layers.py"
    module.parent.mkdir(parents=True)
    module.write_bytes((SOURCE / "didymium" / "data" / "layers.py").read_bytes())
    in_order_of_the_file(tmp_path)
    assert "tuple(rows)" in module.read_text("utf-8")


def test_a_clean_environment_is_made_by_the_readmes_own_line() -> None:
    line = _readme_line()
    assert "--require-hashes" in line and "didymium brief" not in line
    assert len(set(QUESTIONS)) == 10


@pytest.mark.slow
def test_the_order_of_rows_changes_no_byte_and_where_it_does_is_found() -> None:
    sound = harness("repeats", "--times", "2", "--question", "exposure")
    assert sound.returncode == 0 and "2 of 2 bit-identical" in sound.stdout, sound.stdout
    broken = harness("repeats", "--times", "2", "--question", "exposure", "--broken", "order")
    assert broken.returncode == 1 and "1 of 2 bit-identical" in broken.stdout, broken.stdout


def test_runs_of_orders_add_up_over_seeds_and_rooms(tmp_path: Path) -> None:
    path = tmp_path / "kept" / "orders.json"
    keep([Ran(1, ("a", "b"), 10, ""), Ran(2, ("a", "b"), 9, "tests/a/x.py::t")], path)
    every = keep([Ran(2, ("a", "b"), 10, "", 7, 0), Ran(1, ("c",), 5, "", 1, 2)], path)
    assert told(every, ("a", "b", "c")) == "2 seeds over a, b; 1 seed over c; 25 test runs, 0 with a failure"
    assert told(every[:2], ("a", "b")) == "2 seeds over every room; 20 test runs, 0 with a failure"
    asked = asked_of_others(every, ("a", "b", "c", "d"))
    assert asked == "2 in 15 test runs of every room but d; 8 connections to this machine"


@pytest.mark.slow
def test_tests_that_lean_on_each_other_are_found() -> None:
    said = harness("orders", "--broken", "--seeds", "6")
    assert said.returncode == 1 and "test_that_has_to_be_told" in said.stdout, said.stdout


def test_what_a_process_and_its_child_ask_of_the_network_is_found() -> None:
    said = harness("outgoing")
    assert said.returncode == 0 and "4 of 4 found, and 2 of 2" in said.stdout, said.stdout


@pytest.mark.campaign
def test_killed_workers_change_no_byte_and_an_answer_of_the_worker_is_found() -> None:
    pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    sound = harness("workers", "--rounds", "2", "--cases", "200")
    assert sound.returncode == 0 and "2 of 2 bit-identical" in sound.stdout, sound.stdout
    broken = harness("workers", "--rounds", "1", "--cases", "200", "--broken")
    assert broken.returncode == 1 and "0 of 1 bit-identical" in broken.stdout, broken.stdout


@pytest.mark.campaign
def test_a_changed_answer_is_found_in_a_clean_environment() -> None:
    said = harness("clean", "--broken")
    assert said.returncode == 1 and "9 of 10 byte-equal" in said.stdout, said.stdout + said.stderr
