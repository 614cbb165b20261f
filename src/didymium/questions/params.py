"""The parameters of questions: how each is written on the command line, kept in a run, and handed to a study.

A parameter has two forms. The kept form is a plain JSON value, so that a run can be asked again from its manifest. The
study's form is what the study's argument expects. `as_of` is "2026-11-22" when kept and a date for the study.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click


class IsoDate(click.ParamType[str]):
    """A day, written 2026-11-22; kept as that text."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return datetime.date.fromisoformat(str(value)).isoformat()
        except ValueError:
            self.fail(f"'{value}' is not a date. Write year-month-day, for example 2026-11-22.", param, ctx)


class Codes(click.ParamType[list[str]]):
    """Words with commas between them; kept as a list. Whether they are known is for the vocabulary to say."""

    name = "words"

    def __init__(self, upper: bool = False) -> None:
        self.upper = upper

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[str]:
        if isinstance(value, list):
            return value
        words = [word.strip() for word in str(value).split(",") if word.strip()]
        words = [word.upper() for word in words] if self.upper else words
        if not words or len(set(words)) != len(words):
            self.fail(f"'{value}' needs one or more different words with commas between them.", param, ctx)
        return words


class Years(click.ParamType[list[int]]):
    """Years as `2027,2030` or `2026-2035`; kept as a list."""

    name = "years"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[int]:
        if isinstance(value, list):
            return value
        years: list[int] = []
        for part in str(value).split(","):
            first, _, last = part.partition("-")
            if not all(re.fullmatch(r"\s*[0-9]{4}\s*", year) for year in (first, last or first)):
                self.fail(f"'{value}' is not a list of years. Write 2027,2030 or 2026-2035.", param, ctx)
            years += range(int(first), int(last or first) + 1)
        if not years or sorted(set(years)) != years or not 1900 <= years[0] <= years[-1] <= 2100:
            self.fail(f"'{value}' needs rising years between 1900 and 2100.", param, ctx)
        return years


class Amount(click.FloatRange):
    """A number in its range; neither infinite nor no number at all, which no range of click's keeps out."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        found = float(super().convert(value, param, ctx))
        if not math.isfinite(found):
            self.fail(f"'{value}' is not a number.", param, ctx)
        return found


class ScenarioFile(click.ParamType[dict[str, Any]]):
    """A scenario by library id or file; kept whole, so that a run does not depend on the file."""

    name = "scenario"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, Any]:
        if isinstance(value, dict):
            return value
        from didymium.scenario.scenario import load

        return load(str(value)).model_dump(mode="json")


class ScenarioFiles(click.ParamType[list[dict[str, Any]]]):
    """Several scenarios of the magnet family with commas between them, or `all` of it that ship."""

    name = "scenarios"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[dict[str, Any]]:
        if isinstance(value, list):
            return value
        from didymium.scenario.scenario import library, load

        if value == "all":
            return [one.model_dump(mode="json") for one in library().values() if one.families == ("magnets",)]
        found = [load(name.strip()) for name in str(value).split(",") if name.strip()]
        for one in found:
            if one.families != ("magnets",):
                self.fail(
                    f"'{one.id}' is about {', '.join(one.families)}; a brief tells the magnet family.", param, ctx
                )
        return [one.model_dump(mode="json") for one in found]


class Money(click.ParamType[dict[str, float]]):
    """Money by party, written USA=2000,JPN=1000; kept as an object."""

    name = "money"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, float]:
        if isinstance(value, dict):
            return value
        found: dict[str, float] = {}
        for word in str(value).split(","):
            party, _, amount = word.strip().partition("=")
            try:
                found[party.upper()] = float(amount)
            except ValueError:
                self.fail(f"'{word}' is not a budget. Write party=million USD, for example USA=2000.", param, ctx)
            if not 0 <= found[party.upper()] < 1e9:
                self.fail(f"'{word}': a budget is from 0 to a billion million USD.", param, ctx)
        return found


class Risk(click.ParamType[list[float]]):
    """Weight of the tail and its level in percent, written 0.5@95; kept as two shares."""

    name = "risk"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[float]:
        if isinstance(value, list | tuple):
            return list(value)
        weight, _, level = str(value).partition("@")
        try:
            found = [float(weight), float(level or 95) / 100]
        except ValueError:
            found = [-1.0, -1.0]
        if not (0 <= found[0] <= 1 and 0 <= found[1] < 1):
            self.fail(f"'{value}' is not a weight and a level. Write for example 0.5@95.", param, ctx)
        return found


class Forced(click.ParamType[dict[str, list[str]]]):
    """What is forced into a plan and out of it, written project=A,drop=B; kept as lists by word."""

    name = "forced"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, list[str]]:
        if isinstance(value, dict):
            return value
        found: dict[str, list[str]] = {}
        for word in str(value).split(","):
            kind, _, name = word.strip().partition("=")
            if kind not in ("project", "drop") or not name:
                self.fail(f"'{word}' forces nothing. Write project=ID or drop=ID, with commas between.", param, ctx)
            found.setdefault(kind, []).append(name)
        return found


class PlanFile(click.ParamType[list[dict[str, Any]]]):
    """A plan in a file that --json wrote; kept as its table of choices."""

    name = "plan"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[dict[str, Any]]:
        return value if isinstance(value, list) else list(read_plan(Path(value))["tables"]["choices"])


def read_plan(path: Path) -> dict[str, Any]:
    """A plan that --json wrote. Raises BadInput if the file is none."""
    import json

    from didymium.errors import BadInput

    try:
        whole = json.loads(path.read_text(encoding="utf-8"))
        list(whole["tables"]["choices"])
    except OSError as error:
        raise BadInput(f"it cannot be read: {error.strerror}.", where=str(path), cure="Name a file.") from None
    except (ValueError, KeyError, TypeError):
        raise BadInput("it is no plan.", where=str(path), cure="Write one: didymium plan --json -o FILE.") from None
    return dict(whole)


def _scenario(kept: dict[str, Any]) -> Any:
    from didymium.scenario.scenario import Scenario

    return Scenario.model_validate(kept)


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter. `read` turns the kept form into the study's form; the default is a kept form."""

    flag: str
    help: str
    type: click.ParamType[Any]
    metavar: str
    default: Callable[[], Any] | Any = None
    default_text: str = ""
    read: Callable[[Any], Any] = lambda kept: kept
    envvar: str | None = None
    is_argument: bool = False
    is_required: bool = False
    is_repeated: bool = False
    aliases: tuple[str, ...] = ()

    def kept_default(self) -> Any:
        """The default in its kept form."""
        value = self.default() if callable(self.default) else self.default
        return value if value is None else self.type.convert(value, None, None)

    def option(self, name: str) -> click.Parameter:
        """The option of the command line, or the argument."""
        if self.is_argument:
            return click.Argument(
                [name],
                type=self.type,
                metavar=self.metavar,
                required=self.is_required,
                nargs=-1 if self.is_repeated else 1,
                callback=(lambda _ctx, _param, value: list(value)) if self.is_repeated else None,
            )
        return click.Option(
            [self.flag, *self.aliases, name],
            type=self.type,
            metavar=self.metavar or None,
            default=self.default,
            required=self.is_required,
            help=f"{self.help}  [default: {self.default_text}]" if self.default_text else self.help,
            envvar=self.envvar,
        )


def today() -> str:
    """Today where the user is. The only clock that a question sees, and only as a default."""
    return datetime.datetime.now().astimezone().date().isoformat()


# A replay that can be checked against what happened, the next thing on the calendar, a hard stop, and a second origin.
_SCENARIOS_OF_A_BRIEF = "cn-stop-6,cn-ree7-no-licence,cn-october-notices-return,mm-feed-halt"

PARAMS: dict[str, Param] = {
    "all_years": Param(
        "--all-years/--one-year",
        "Every year for which the study finds figures.",
        click.BOOL,
        "",
        default=False,
        default_text="one-year",
    ),
    "alpha": Param(
        "--alpha",
        "Level of the tail mean (CVaR): 0.95 is the mean of the worst twentieth of the draws.",
        Amount(0.0, 1.0, max_open=True),
        "SHARE",
        default=0.95,
        default_text="0.95",
    ),
    "as_of": Param(
        "--as-of",
        "The day from which days left and overdue are counted.",
        IsoDate(),
        "DATE",
        default=today,
        default_text="today",
        read=datetime.date.fromisoformat,
    ),
    "bankable_in": Param(
        "--share",
        "Share of paths in which lender and sponsor have to be content.",
        Amount(0, 1, min_open=True),
        "SHARE",
        default=0.7,
        default_text="0.7",
    ),
    "branched": Param(
        "--scenario",
        "A scenario with branches that ships with Didymium, or a file. See: didymium scenario list",
        ScenarioFile(),
        "FILE|ID",
        default="cn-october-suspension",
        default_text="cn-october-suspension",
        read=_scenario,
    ),
    "draws": Param(
        "--draws",
        "How many draws are behind the bands. Default: as many as the study takes by itself.",
        click.IntRange(8, 100_000),
        "N",
    ),
    "draw_foresight": Param(
        "--draw-foresight",
        "The kind of foresight whose numbers get a band. Default: every kind that is run.",
        click.Choice(["all", "both", "coordinated", "tree", "myopic"]),
        "KIND",
        default="all",
        default_text="all",
        read=lambda kept: {"all": None, "both": ("coordinated", "myopic")}.get(kept, (kept,)),
    ),
    "drivers": Param(
        "--drivers/--no-drivers",
        "Move each assumption alone to its ends, to see which matter most.",
        click.BOOL,
        "",
        default=True,
        default_text="drivers",
    ),
    "families": Param(
        "--family",
        "Families, with commas between them. Default: magnets; of recycling: all with scrap. "
        "See: didymium data table families",
        Codes(),
        "ID,…",
        read=tuple,
    ),
    "floor_at": Param("--at", "The floor, in USD a kilogram.", Amount(0, min_open=True), "USD", is_required=True),
    "floor_product": Param(
        "PRODUCT",
        "The oxide with the floor: ndpr_oxide, dy_oxide or tb_oxide.",
        click.STRING,
        "PRODUCT",
        is_argument=True,
        is_required=True,
    ),
    "floor_years": Param(
        "--floor-years", "How many years the floor holds.", click.IntRange(1, 25), "N", default=10, default_text="10"
    ),
    "horizon_days": Param(
        "--horizon",
        "How many days ahead counts as soon.",
        click.IntRange(0, 3650),
        "DAYS",
        default=90,
        default_text="90",
    ),
    "only_behind": Param(
        "--overdue/--all-states",
        "Only promises that are overdue, were met late, or are dead: missed, or their words not in force.",
        click.BOOL,
        "",
        default=False,
        default_text="all-states",
    ),
    "outlook": Param(
        "--outlook",
        "The demand outlook against which projects are held.",
        click.Choice(["STEPS", "APS", "NZE"], case_sensitive=False),
        "STEPS|APS|NZE",
        default="STEPS",
        default_text="STEPS",
    ),
    "outlooks": Param(
        "--outlooks",
        "Demand outlooks.",
        Codes(upper=True),
        "STEPS,APS,NZE",
        default=lambda: ["STEPS", "APS", "NZE"],
        default_text="STEPS,APS,NZE",
        read=tuple,
    ),
    "parties": Param(
        "--parties",
        "The parties, as ISO 3166 codes.",
        Codes(upper=True),
        "USA,JPN",
        default=lambda: ["USA", "JPN"],
        default_text="USA,JPN",
        read=tuple,
        aliases=("--for", "--party"),
    ),
    "foresight": Param(
        "--foresight",
        "How far the model sees: the whole horizon, each month alone, both, or for a scenario with branches its tree. "
        "all: every kind that the scenario can be run with.",
        click.Choice(["all", "both", "coordinated", "tree", "myopic"]),
        "KIND",
        default="all",
        default_text="all",
        read=lambda kept: {"all": None, "both": ("coordinated", "myopic")}.get(kept, (kept,)),
    ),
    "track_origin": Param(
        "--track-origin",
        "Follow content from these places through the chain. Cuts by origin do so by themselves.",
        Codes(upper=True),
        "CHN",
        read=tuple,
    ),
    "promises": Param(
        "COMMITMENT",
        "Promises by their ids; all where none is named.",
        click.STRING,
        "[COMMITMENT]...",
        is_argument=True,
        is_repeated=True,
        read=tuple,
    ),
    "lang": Param("--lang", "Language of what people read.", click.Choice(["en", "ja"]), "en|ja", default="en"),
    "projects": Param(
        "PROJECT",
        "Projects by their ids; all where none is named.",
        click.STRING,
        "[PROJECT]...",
        is_argument=True,
        is_repeated=True,
        read=tuple,
    ),
    "products": Param(
        "--products",
        "Product ids, or all. Default: the magnet chain.",
        Codes(),
        "ID,…|all",
        read=lambda kept: "all" if kept == ["all"] else tuple(kept),
    ),
    "scenarios": Param(
        "--scenario",
        "Scenarios of the stress pages, with commas between them, or all.",
        ScenarioFiles(),
        "FILE|ID,…",
        default=_SCENARIOS_OF_A_BRIEF,
        default_text=_SCENARIOS_OF_A_BRIEF,
    ),
    "sale": Param(
        "--sale",
        "Sales to look at, with commas between them: a project or plant, and the entity or place that buys it.",
        Codes(),
        "PROJECT=BUYER,…",
        default=list,
        read=tuple,
    ),
    "scenario": Param(
        "--scenario",
        "A scenario that ships with Didymium, or a file. See: didymium scenario list",
        ScenarioFile(),
        "FILE|ID",
        default="cn-ree7-licence-2025",
        default_text="cn-ree7-licence-2025",
        read=_scenario,
    ),
    "seed": Param(
        "--seed",
        "Seed of the draws behind the bands; the same seed gives the same bytes.",
        click.IntRange(0, 2**31 - 1),
        "N",
        default=0,
        default_text="0",
    ),
    "budget": Param(
        "--budget", "Money of each party, in million USD. Default: 1,000 each.", Money(), "USA=2000,JPN=1000"
    ),
    "fixed": Param("--fixed", "A plan in a file of --json, valued as it stands beside the best.", PlanFile(), "FILE"),
    "force": Param(
        "--force",
        "Projects to support, and projects, instruments or products to leave out, whatever the plan would choose.",
        Forced(),
        "project=ID,drop=ID",
    ),
    "futures": Param(
        "--scenarios",
        "How many futures the plan is made over.",
        click.IntRange(8, 1000),
        "N",
        default=32,
        default_text="32",
    ),
    "only": Param(
        "--only",
        "Projects alone, stocks alone, or all that a plan can choose.",
        click.Choice(["projects", "stocks", "all"]),
        "PART",
        default="all",
        default_text="all",
    ),
    "risk": Param(
        "--risk",
        "Weight of the tail, and its level in percent: 0.5@95 is half mean, half mean of the worst twentieth.",
        Risk(),
        "WEIGHT@LEVEL",
        default="0.5@95",
        default_text="0.5@95",
        read=tuple,
    ),
    "cluster": Param(
        "--cluster",
        "A Dask cluster by the address of its scheduler, tcp://host:port, instead of workers here.",
        click.STRING,
        "ADDRESS",
    ),
    "event": Param(
        "--event",
        "What has happened: a scenario that ships with Didymium, or a file. See: didymium scenario list",
        ScenarioFile(),
        "FILE|ID",
        default="cn-ree7-no-licence",
        default_text="cn-ree7-no-licence",
        read=_scenario,
    ),
    "executor": Param(
        "--executor",
        "What the workers are, serial, threads or processes; the answer does not depend on it.",
        click.Choice(["serial", "threads", "processes"]),
        "KIND",
        default="threads",
        default_text="threads",
    ),
    "time_limit": Param(
        "--time-limit",
        "Most seconds of solver time for one programme. What it stops is marked, and the exit code is 1.",
        Amount(0, min_open=True),
        "SECONDS",
    ),
    "screen": Param(
        "--screen",
        "A folded twin looks at all draws and chooses which are solved: mean and tail of thousands (table loss).",
        click.Choice(["off", "auto", "quarterly", "country"]),
        "TWIN",
        default="off",
        default_text="off",
    ),
    "verify": Param(
        "--verify/--no-verify",
        "Ask a second solver (SCIP, extra `verify`) for the plan as well; contradiction is an error. Takes minutes.",
        click.BOOL,
        "",
        default=False,
        default_text="no-verify",
    ),
    "workers": Param(
        "--workers",
        "How many workers share the work; the answer does not depend on it.",
        click.IntRange(1, 256),
        "N",
        default=2,
        default_text="2",
    ),
    "years": Param(
        "--years",
        "The years: single ones with commas between them, or a range such as 2026-2035.",
        Years(),
        "YEARS",
        default=lambda: list(range(2026, 2036)),
        default_text="2026-2035",
        read=tuple,
    ),
    "year": Param(
        "--year",
        "The year of the figures. Default: the latest for which the study finds them.",
        click.IntRange(1900, 2100),
        "YEAR",
    ),
}
