"""What a reader of a plan must know before using it: sentences that hold for every plan, and what this one shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from didymium.results import Row
from didymium.studies.plan_ground import ALL, PROJECTS, STOCKS

ALWAYS = (
    "The chance of a stop is an assumption that nobody can know, and the plan depends on it.",
    "Partners are one place and the rest another: goods pass freely inside each, so losses are told too small.",
    "In the plan goods go to the parties first and others take what pays its price; columns alike show it otherwise.",
)
OF_PROJECTS = (
    "Support is taken to cure only failures for lack of finance, half of them: an assumption with a wide range.",
    "An oxide plant is taken to have its ore; mines without a separation plant are not candidates.",
    "New metal plants are none of the register: cost, chance and start are assumptions, and all is public money.",
    "What hastened permits save is an assumption: no measurement of it is in the tables.",
    "Budgets are charged with the mean cost of the worst 5% of paths, not with expected cost or with face value.",
)
OF_STOCKS = (
    "A lasting stop uses up every stock in its first year; how long it goes on is an assumption with a wide range.",
    "Finished magnets are made to a user's drawing: a stock of them serves fewer users than it holds tonnes.",
)
OFTEN = 0.5  # share of the plans over other data


def plan_warnings(rows: Sequence[Row], tables: Mapping[str, Sequence[Row]]) -> list[str]:
    """The sentences of every plan, those of the parts that it may choose from, then those that this one calls for."""
    only = tables["proof"][0]["only"]
    found = [*ALWAYS, *(OF_PROJECTS if only != STOCKS else ()), *(OF_STOCKS if only != PROJECTS else ())]
    for row in tables["budget"] if only == ALL else ():
        if row["offered"] == 0:
            found.append(
                f"No project of the register is open to support by {row['party']}: its money can buy stocks only."
            )
        if row["offered"] == 1:
            found.append(
                f"Only 1 project of the register is open to support by {row['party']}: "
                "most of its money can buy stocks only."
            )
    if only == STOCKS:
        return found
    chosen = [r for r in tables["robustness"] if r["decision"] == "chosen"]
    rare = [r for r in chosen if float(r["chosen_share"]) < OFTEN]  # type: ignore[arg-type]
    if rare:
        found.append(
            f"{len(rare)} of {len(chosen)} chosen projects are chosen in less than half of the plans over other data."
        )
    if not chosen:
        found.append(
            "No project is chosen: in these futures what support adds is worth less than it costs, "
            "or stocks do the same."
        )
    waiting = sum(bool(r["waits_for"]) for r in rows)
    if waiting:
        found.append(
            f"Projects that gain nothing until another stage has more capacity: {waiting}; column waits_for names it."
        )
    unseen = sum(r["reason"] == "not_seen" for r in rows)
    if unseen:
        found.append(f"Projects for which support decides nothing in these futures: {unseen}; more futures would tell.")
    return found
