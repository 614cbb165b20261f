"""The check from outside: it agrees with hand cases, reads what GLPK and HiGHS write, and finds every kind of fault."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from didymium.engine import solve
from didymium.engine.mps import write_mps
from tests.trust.cases import world, written
from tests.trust.kkt import checked, proof, read_mps

HAND = """NAME hand
ROWS
 N cost
 L most
 G least
 E even
COLUMNS
 x cost -3 most 1
 x even 1
 y cost -5 most 2
 y least 1
 y even -1
RHS
 RHS most 14 least 1
 RHS even 2
BOUNDS
 UP BND x 9
ENDATA
"""


@pytest.fixture
def hand(tmp_path: Path) -> Path:
    """max 3x + 5y, x + 2y ≤ 14, y ≥ 1, x − y = 2, x ≤ 9: x 6, y 4, 38; duals −8/3 and −1/3."""
    path = tmp_path / "hand.mps"
    path.write_text(HAND, "utf-8")
    return path


def test_a_hand_case_is_proven(hand: Path) -> None:
    p = read_mps(hand)
    found = proof(p, np.array([6.0, 4.0]), np.array([-8 / 3, 0.0, -1 / 3]))
    assert found.objective == -38.0 and found.bound == pytest.approx(-38.0, rel=1e-15) and found.holds


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([6.01, 4.0], [-8 / 3, 0, -1 / 3]),  # leaves a row
        ([-1.0, -3.0], [-8 / 3, 0, -1 / 3]),  # leaves the bounds
        ([5.0, 3.0], [-8 / 3, 0, -1 / 3]),  # allowed, not the best
        ([6.0, 4.0], [8 / 3, 0, -1 / 3]),  # a sign wrong
        ([6.0, 4.0], [0.0, 0, 0]),  # proves nothing
        ([6.0, 4.0], [-8 / 3 - 1e-4, 0, -1 / 3]),  # nearly
    ],
)
def test_every_kind_of_fault_is_found(hand: Path, x: list[float], y: list[float]) -> None:
    assert not proof(read_mps(hand), np.array(x), np.array(y)).holds


def test_ranges_and_free_columns_are_read(tmp_path: Path) -> None:
    path = tmp_path / "r.mps"
    path.write_text(
        "NAME r\nROWS\n N c\n G a\n E b\n E d\nCOLUMNS\n x c 1 a 1\n x b 1 d 1\nRHS\n RHS a 2 b 5\n RHS d 5 c -7\n"
        "RANGES\n RNG a 3 b 2\n RNG d -2\nBOUNDS\n FR BND x\nENDATA\n",
        "utf-8",
    )
    p = read_mps(path)
    assert (p.row_low.tolist(), p.row_high.tolist()) == ([2.0, 5.0, 3.0], [5.0, 7.0, 5.0])
    assert (p.low[0], p.high[0], p.constant) == (-np.inf, np.inf, 7.0)
    with pytest.raises(ValueError, match="SOS is not known"):
        path.write_text("NAME r\nSOS\n x\n", "utf-8")
        read_mps(path)


def written_out(folder: Path, seed: int) -> Path:
    """A random chain, solved and written as the export writes it."""
    network, q = written(world(np.random.default_rng(seed)).chain())
    lp = network.programme(q)
    answer = solve(lp)
    rows, columns = [f"r{i}" for i in range(lp.rows)], [f"c{j}" for j in range(lp.columns)]
    write_mps(lp, folder / f"p{seed}.mps", rows, columns, name=f"p{seed}")
    told = {
        "objective": answer.objective,
        "primal": dict(zip(columns, answer.x.tolist(), strict=True)),
        "dual": dict(zip(rows, answer.row_dual.tolist(), strict=True)),
    }
    (folder / f"p{seed}.json").write_text(json.dumps(told), "utf-8")
    return folder


def test_programmes_of_the_product_are_proven_from_their_files(tmp_path: Path) -> None:
    for seed in range(6):
        written_out(tmp_path, seed)
    found = dict(checked(tmp_path))
    assert len(found) == 6 and all(one.holds for one in found.values())


def test_an_answer_that_was_edited_is_found(tmp_path: Path) -> None:
    path = written_out(tmp_path, 1) / "p1.json"
    told = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**told, "objective": told["objective"] * 1.001 + 1}), "utf-8")
    with pytest.raises(ValueError, match="its values give"):
        dict(checked(tmp_path))
    p = read_mps(tmp_path / "p1.mps")
    x, y = np.array(list(told["primal"].values())), np.array(list(told["dual"].values()))
    assert proof(p, x, y).holds
    moved = x.copy()
    moved[int(np.argmax(x))] *= 1 + 1e-3
    assert not proof(p, moved, y).holds
    assert not proof(p, x, y * (1 + 1e-3)).holds
    dear = replace(p, cost=p.cost * (1 + 1e-3 * np.sign(p.cost)))
    assert not proof(dear, x, y).holds
