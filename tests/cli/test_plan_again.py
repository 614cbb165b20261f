"""Plans read in again: what two of them do differently, what is forced, and the pack of a meeting."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest

from didymium import data
from didymium.questions.params import Forced
from didymium.results import Result, Row
from tests.cli.conftest import Didymium

WHOLE: Row = {"choice": "", "project_id": "", "package": "", "product": "", "party": "", "quantity_t": None}
PROJECT: Row = {
    "project_id": "usar-stillwater",
    "name": "Stillwater",
    "place": "USA",
    "stage": "magnet",
    "product": "ndfeb_magnet",
    "status": "proposed",
    "capacity_t": 8800.0,
    "decision": "chosen",
    "package": "permit",
    "party": "USA",
    "programme_ids": "",
    "public_cost_usd_m": 5.0,
    "reserve_usd_m": 5.0,
    "yearly_cost_usd_m": 0.4,
    "chance": 0.15,
    "chance_with": 0.28,
    "added_t": 1122.0,
    "gap_share_closed": 0.17,
    "yearly_loss_avoided_usd_m": 31.5,
    "yearly_loss_avoided_usd_m_p10": 6.0,
    "yearly_loss_avoided_usd_m_p90": 85.0,
    "loss_avoided_alone_usd_m": 2.2,
    "loss_avoided_per_cost": 80.0,
    "worth_up_to_usd_m": 152.0,
    "reason": "chosen",
    "waits_for": [],
    "next_best": "",
    "source_ids": ["didymium-derivation"],
}


def kept(path: Path, tonnes: float, budget: float = 100.0) -> Result:
    """A small plan, written as --json writes it."""
    choices: list[Row] = [
        {**WHOLE, "choice": "project", "project_id": "usar-stillwater", "package": "permit", "party": "USA"},
        {**WHOLE, "choice": "stock", "product": "dy_metal", "party": "USA", "quantity_t": tonnes},
    ]
    ds = data.open()
    made = Result.of(
        "plan",
        request={"parties": ["USA"], "budget": {"USA": budget}},
        dataset=ds.describe(),
        code_version="0",
        rows=[PROJECT],
        tables={
            "choices": choices,
            "proof": [{"value_usd_m": 31.1, "yearly_cost_usd_m": 0.4}],
            "budget": [
                {"party": "USA", "budget_usd_m": budget, "reserve_usd_m": 5.0, "new_usd_m": 0.0}
                | {"stock_usd_m": tonnes, "left_usd_m": budget - 5 - tonnes}
            ],
            "robustness": [
                {"project_id": "usar-stillwater", "decision": "chosen", "chosen_share": 0.2, "chosen_in": 1}
            ],
        },
        warnings=["What hastened permits save is an assumption: no measurement of it is in the tables."],
    )
    path.write_text(json.dumps(made.as_dict()), encoding="utf-8")
    return made


def test_what_two_plans_do_differently_is_told(didymium: Didymium, tmp_path: Path) -> None:
    first, second = tmp_path / "a.json", tmp_path / "b.json"
    kept(first, 10.0)
    kept(second, 12.5, budget=200.0)
    answer = didymium("plan", "diff", str(first), str(second), "--json")
    told = json.loads(answer.out)
    assert answer.code == 1, "they differ"
    assert [(r["choice"], r["change"], r["quantity_t_before"], r["quantity_t_after"]) for r in told["rows"]] == [
        ("stock", "changed", 10.0, 12.5)
    ]
    assert [r["parameter"] for r in told["asked"]] == ["budget"]
    same = didymium("plan", "diff", str(first), str(first))
    assert same.code == 0 and "the same" in same.out


def test_a_file_that_is_no_plan_is_refused(didymium: Didymium, tmp_path: Path) -> None:
    path = tmp_path / "none.json"
    path.write_text("{}", encoding="utf-8")
    answer = didymium("plan", "diff", str(path), str(path))
    assert answer.code == 2 and "it is no plan" in answer.err
    assert didymium("plan", "whatif", "--fixed", str(path)).code == 2


def test_what_is_forced_is_read() -> None:
    assert Forced().convert("project=a,drop=floor,drop=b", None, None) == {"project": ["a"], "drop": ["floor", "b"]}
    for wrong in ("a", "keep=a", "project="):
        with pytest.raises(click.BadParameter):
            Forced().convert(wrong, None, None)


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "ja"])
def test_a_pack_has_a_page_for_each_project_and_what_is_open(didymium: Didymium, tmp_path: Path, lang: str) -> None:
    path = tmp_path / "plan.json"
    kept(path, 10.0)
    answer = didymium("plan", "pack", str(path), "--lang", lang, "-o", str(tmp_path / "pack"))
    assert answer.code == 0, answer.err
    page = (tmp_path / "pack" / "plan-pack.html").read_text(encoding="utf-8")
    assert 'id="project-usar-stillwater"' in page
    assert {"en": "is chosen in 20", "ja": "20"}[lang] in page
    assert (tmp_path / "pack" / "plan-pack.pdf").read_bytes().startswith(b"%PDF")
    assert (tmp_path / "pack" / "plan-pack.xlsx").read_bytes().startswith(b"PK")


@pytest.mark.slow
def test_what_if_is_answered_and_repeats(didymium: Didymium) -> None:
    said = didymium("plan", "whatif", "--scenarios", "8", "--force", "project=neo-narva,drop=permit", "--json")
    assert said.code == 0, said.err
    answer = said.json()
    best, forced = answer["rows"]
    assert [best["plan"], forced["plan"]] == ["best", "forced"]
    assert "neo-narva" in forced["project_ids"] and forced["behind_usd_m"] > 0
    assert not any("permit" in row["package"] for row in answer["tables"]["choices"])
    assert didymium("runs", "repeat", answer["run_id"]).code == 0
