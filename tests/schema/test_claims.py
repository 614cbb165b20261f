"""The rules choose: a narrow rule over a wide one, one series for places and their total, and no guess."""

from __future__ import annotations

from typing import Any

from didymium.schema import TABLES
from didymium.schema.bodies import half_digit
from didymium.schema.preference import choose

PRODUCTION = TABLES["production"]


def row(series: str, country: str = "CHN", *, total: bool = False, preferred: bool = True) -> dict[str, Any]:
    fact = {"product": "x", "stage": "mine", "country": country, "year": 2024, "series": series}
    return {**fact, "is_total": total, "preferred": preferred}


def rule(rule_id: str, series: str, *, rank: int = 1, action: str = "prefer", **scope: Any) -> dict[str, Any]:
    limits = dict.fromkeys(("product", "stage", "country", "sector", "year_from", "year_to"))
    return {
        "rule_id": rule_id,
        "table": "production",
        "action": action,
        "rank": rank,
        "series": series,
        **limits,
        **scope,
    }


def used(rows: list[dict[str, Any]], rules: list[dict[str, Any]]) -> list[str]:
    chosen = choose(PRODUCTION, rows, rules)
    return [f"{r['series']} {r['country']}" for r, choice in zip(rows, chosen, strict=True) if choice.preferred]


A, B = rule("a", "A", rank=1), rule("b", "B", rank=2)


def test_smaller_rank_wins() -> None:
    assert used([row("A"), row("B")], [B, A]) == ["A CHN"]


def test_narrower_scope_wins_over_rank() -> None:
    narrow = rule("n", "B", rank=9, product="x", year_from=2024, year_to=2024)
    assert used([row("A"), row("B")], [A, narrow]) == ["B CHN"]


def test_series_that_closes_the_world_shuts_out_others() -> None:
    rows = [row("A", "WLD", total=True), row("A", "CHN"), row("A", "ROW"), row("B", "USA")]
    assert used(rows, [A, B]) == ["A WLD", "A CHN", "A ROW"]


def test_series_with_a_total_alone_leaves_room_for_places() -> None:
    assert used([row("A", "WLD", total=True), row("B", "USA")], [A]) == ["A WLD", "B USA"]


def test_rule_with_a_place_decides_for_that_place() -> None:
    rows = [row("A", "WLD", total=True), row("A", "CHN"), row("A", "MYS"), row("company", "MYS")]
    assert used(rows, [A, rule("c", "company", country="MYS")]) == ["A WLD", "A CHN", "company MYS"]


def test_excluded_series_is_never_used() -> None:
    assert used([row("plan")], [rule("e", "plan", action="exclude")]) == []


def test_single_claim_needs_no_rule() -> None:
    (choice,) = choose(PRODUCTION, [row("only")], [A])
    assert choice.preferred and choice.rule_id is None


def test_rivals_without_a_rule_are_left_undecided() -> None:
    chosen = choose(PRODUCTION, [row("X"), row("Y", preferred=False)], [A])
    assert [choice.undecided for choice in chosen] == [True, True]


def test_rule_outside_its_years_is_silent() -> None:
    old = rule("o", "B", year_from=2010, year_to=2020)
    assert used([row("A"), row("B")], [A, old]) == ["A CHN"]


def test_half_of_the_last_printed_digit() -> None:
    assert half_digit(380000.0) == 5000.0
    assert half_digit(12.5) == 0.05
    assert half_digit(0.0) == 0.0
    assert half_digit(2.9e10) == 5e8
    assert half_digit(7.0) == 0.5
