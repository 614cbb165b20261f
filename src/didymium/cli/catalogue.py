"""Which command asks which study, with which parameters: the one place where a question is declared.

To wire a new question, add a `Question` here. The command line, its reference page and `didymium runs repeat` follow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Question:
    """A question that the command line can put.

    `study` is `module:function`, imported when the question is asked; it is called as `study(dataset, **params)` with
    the parameters named here (see `params.PARAMS`), plus `progress` if `slow`, and `keep` if it `is_ensemble` and its
    finished parts shall be kept. `columns` are those that a terminal
    shows; all of them are in `--json` and `--csv`. `words` says of which vocabulary a column's values are, where its
    name does not. `shows` picks the rows that a terminal shows, by column, where all would be too many. `then` is the
    command that a reader may want next. `fails_on` names the column whose values `--fail-on` may ask for. `proofs` is
    the module that assembles the programmes of a kept answer again (`answered`) and checks them (`checked`).
    `given` names the parameter whose words may stand as plain arguments; `may_ask_all`: ALL stands for every party.
    """

    command: str
    study: str
    help: str
    params: tuple[str, ...]
    columns: tuple[str, ...]
    then: str
    words: Mapping[str, str] = field(default_factory=dict)
    shows: Mapping[str, tuple[str | int, ...]] = field(default_factory=dict)
    fails_on: str = ""
    slow: bool = False
    is_ensemble: bool = False
    proofs: str = ""
    given: str = ""
    may_ask_all: bool = False


_QUESTIONS = (
    Question(
        command="brief",
        study="didymium.cli.brief:answered",
        help="All questions for the parties in one cited document.",
        params=("as_of", "parties", "seed", "scenarios", "lang"),
        columns=("command", "scenario", "run_id", "rows", "warnings"),
        then="didymium runs list",
        slow=True,
    ),
    Question(
        command="gaps",
        study="didymium.studies.gaps:gaps",
        help="Where the gaps are, stage by stage, to 2035.",
        params=("parties", "years", "outlooks", "draws", "seed"),
        columns=(
            "party",
            "stage",
            "product",
            "year",
            "outlook",
            "need_t",
            "own_t",
            "contracted_t",
            "allied_t",
            "gap_t",
            "gap_share",
            "evidence",
        ),
        shows={"outlook": ("STEPS",), "year": (2030,)},
        then="didymium projects",
    ),
    Question(
        command="exposure",
        study="didymium.studies.exposure:exposure",
        help="How exposed the parties are: who supplies each stage, how concentrated that is, what is imported.",
        params=("products", "parties", "year", "all_years", "draws", "seed"),
        given="products",
        may_ask_all=True,
        words={"status": "exposure_status", "reliance_status": "exposure_status", "indicator": "indicator"},
        columns=(
            "product",
            "stage",
            "year",
            "world_quantity",
            "unit",
            "hhi_10000",
            "top_country",
            "top_share",
            "china_share",
            "evidence",
        ),
        then="didymium exposure all --table ranking",
    ),
    Question(
        command="projects",
        study="didymium.studies.projects:projects",
        help="Which real projects fill which gap, and when.",
        params=("parties", "outlook", "draws", "seed"),
        columns=(
            "name",
            "country",
            "gap_stage",
            "model_product",
            "status",
            "start_year",
            "expected_t_2027",
            "expected_t_2030",
            "expected_t_2035",
            "fills_share",
        ),
        words={"status": "project_status"},
        then="didymium measures",
    ),
    Question(
        command="finance",
        study="didymium.studies.finance:finance",
        help="What makes a project bankable, and what that costs the public: one in full, several or all in a table.",
        params=("projects", "bankable_in", "draws", "seed"),
        columns=(
            "project_id",
            "country",
            "product",
            "capex_usd_m",
            "capex_status",
            "npv_usd_m",
            "irr_share",
            "break_even_usd_per_kg",
            "bankable_share",
            "package",
            "package_cost_usd_m",
            "finance_status",
        ),
        shows={"finance_status": ("modelled",)},
        words={
            "status": "project_status",
            "finance_status": "finance_status",
            "capex_status": "figure_status",
            "cost_status": "figure_status",
            "instrument": "instrument",
            "deal_state": "deal_state",
            "budget_fit": "budget_fit",
            "input": "finance_input",
            "difference": "study_difference",
            "tax_basis": "tax_basis",
            "scope": "study_scope",
        },
        then="didymium finance PROJECT --table frontier",
        slow=True,
    ),
    Question(
        command="plan",
        study="didymium.studies.plan:plan",
        help="Which projects, packages and stocks together, for this money, and who pays what.",
        params=("parties", "budget", "risk", "only", "year", "futures", "seed", "time_limit"),
        columns=(
            "project_id",
            "place",
            "stage",
            "decision",
            "package",
            "party",
            "added_t",
            "loss_avoided_usd_m",
            "loss_avoided_alone_usd_m",
            "yearly_cost_usd_m",
            "reason",
            "waits_for",
        ),
        words={
            "reason": "plan_reason",
            "decision": "plan_decision",
            "moved": "plan_moved",
            "part": "plan_part",
            "waits_for": "stage",
        },
        then="didymium plan --table stocks",
        slow=True,
    ),
    Question(
        command="measures floor",
        study="didymium.studies.floor:floor",
        help="What a price floor on an oxide costs along the chain to the magnet, and who pays.",
        params=("floor_product", "floor_at", "floor_years", "parties", "seed"),
        columns=(
            "stage",
            "product",
            "content_t_per_t",
            "price_usd_per_kg",
            "extra_usd_per_kg_now",
            "extra_share_now",
            "extra_usd_per_kg",
        ),
        words={
            "way": "floor_way",
            "payer": "payer",
            "duty_up_to": "stage",
            "enters_as": "stage",
            "status": "project_status",
            "cost_status": "figure_status",
        },
        then="didymium measures floor ndpr_oxide --at 110 --table payers",
    ),
    Question(
        command="data reconcile",
        study="didymium.studies.reconcile:reconcile",
        help="How far the base year had to be adjusted to balance, the largest adjustments first.",
        params=("year", "families"),
        columns=(
            "kind",
            "product",
            "stage",
            "place",
            "partner",
            "sector",
            "observed_t",
            "reconciled_t",
            "change_share",
            "score",
            "confidence",
        ),
        words={"kind": "reconcile_kind"},
        then="didymium data explain production nd_oxide CHN 2024",
    ),
    Question(
        command="data value-of-information",
        study="didymium.studies.information:value_of_information",
        help="Which unknown, if it were known, would change the ranking of the gaps most.",
        params=("parties", "outlook", "year", "draws", "seed"),
        columns=(
            "party",
            "input_kind",
            "input",
            "evppi_share",
            "change_share",
            "variance_share",
            "first_stage",
            "first_product",
            "instead_stage",
            "instead_product",
        ),
        words={
            "input_kind": "input_kind",
            "first_stage": "stage",
            "first_product": "product",
            "instead_stage": "stage",
            "instead_product": "product",
        },
        then="didymium gaps",
    ),
    Question(
        command="stress",
        study="didymium.studies.stress:stress",
        help="What breaks, when, and by how much, if supply is cut.",
        params=(
            "scenario",
            "parties",
            "foresight",
            "track_origin",
            "draws",
            "draw_foresight",
            "drivers",
            "alpha",
            "seed",
            "workers",
            "executor",
            "cluster",
            "time_limit",
            "screen",
        ),
        columns=(
            "foresight",
            "party",
            "product",
            "sector",
            "demand_t",
            "unserved_t",
            "unserved_share",
            "days_to_shortage",
            "loss_usd_m",
            "status",
        ),
        words={"status": "solver_status"},
        then="didymium gaps",
        slow=True,
        is_ensemble=True,
        proofs="didymium.studies.proofs",
    ),
    Question(
        command="backtest",
        study="didymium.studies.backtest:backtest",
        help="What the model would have said of past measures, against what happened: hits, misses and why.",
        params=("draws", "seed"),
        columns=("event", "quantity", "shock", "base_year", "modelled", "observed", "verdict"),
        words={"quantity": "effect_quantity", "shock": "replay_shock", "verdict": "backtest_verdict"},
        then="didymium backtest --table score",
        slow=True,
    ),
    Question(
        command="measures",
        study="didymium.studies.measures:measures",
        help="Which trade measures bite on a day, which lapse next, and what then.",
        params=("as_of", "horizon_days", "parties"),
        columns=(
            "measure_id",
            "imposing",
            "targeted",
            "kind",
            "status",
            "next_change_date",
            "days_to_change",
            "lapse_effect",
        ),
        words={"kind": "measure_kind", "status": "measure_status"},
        then="didymium commitments",
    ),
    Question(
        command="commitments",
        study="didymium.studies.commitments:commitments",
        help="What was promised, by when, and whether it is done.",
        params=("as_of", "horizon_days", "parties"),
        columns=("commitment_id", "agreement", "state", "due_date", "days_overdue", "legal_force", "summary"),
        words={"kind": "commitment_kind"},
        fails_on="state",
        then="didymium data explain commitments COMMITMENT",
    ),
)

QUESTIONS: dict[str, Question] = {question.command: question for question in _QUESTIONS}
