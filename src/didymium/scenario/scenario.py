"""Scenarios: what is cut, by whom, for whom, from when to when, and what may happen next with which probability.

A scenario file is TOML; its JSON Schema is published.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from didymium.errors import BadScenario, UnknownTerm
from didymium.schema import toml_text
from didymium.schema.cells import unseen

if TYPE_CHECKING:
    from didymium.scenario.chain import Tables
    from didymium.scenario.inputs import Inputs

Month = Annotated[str, StringConstraints(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
Place = Annotated[str, StringConstraints(pattern=r"^([A-Z]{3}|ROW_EU|EU27|ALL)$")]


def _number(value: object) -> object:
    """Refuse what would pass for a number and is none: true and false as 1 and 0, a text as what it spells."""
    if isinstance(value, bool):
        raise ValueError("true and false are no numbers")
    if isinstance(value, str):
        raise ValueError("a text is no number: write it without quotes")
    return value


def _line(text: str) -> str:
    """Refuse signs that cannot be seen: a terminal may obey them, and two texts that look alike differ."""
    if "\ufffd" in text:
        raise ValueError("it holds U+FFFD, the sign for a character that was lost: type it anew")
    hidden = next((sign for sign in text if unseen(sign)), None)
    if hidden is not None:
        raise ValueError(f"the sign U+{ord(hidden):04X} cannot be seen, delete it")
    return text


def _lines(text: str) -> str:
    """The same for a text that may have several lines."""
    for line in text.split("\n"):
        _line(line)
    return text


Line = Annotated[str, AfterValidator(_line)]
Text = Annotated[str, AfterValidator(_lines)]
Share = Annotated[float, Field(ge=0.0, le=1.0), BeforeValidator(_number)]
Product = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]+$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
FIRST_BASE_YEAR, LAST_BASE_YEAR = 2024, 2026  # years whose figures can be brought into balance
FIRST_FAMILY_YEAR = 2022  # the same for families other than magnets, whose trade and output reach back further
NO_TIMES = "in a scenario with branches the branches say what may come: start, months and availability have no ranges"
MOST_BYTES = 2_000_000
PROBABILITY_ROUNDING = 1e-9  # three thirds written with sixteen digits sum to 1 within this


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Spell(_Strict):
    name: Slug | None = Field(None, description="by which a branch can end it")
    start: Month
    end: Month | None = Field(None, description="first month after it; none means to the end of the run")
    start_early: Month | None = Field(None, description="earliest month in which it may start, for draws")
    start_late: Month | None = Field(None, description="latest month in which it may start, for draws")
    months_low: Annotated[int, Field(ge=1), BeforeValidator(_number)] | None = Field(
        None, description="least length in months, for draws"
    )
    months_high: Annotated[int, Field(ge=1), BeforeValidator(_number)] | None = Field(
        None, description="greatest length in months, for draws"
    )
    range_basis: Annotated[Text, StringConstraints(min_length=1)] | None = Field(
        None, description="what the ranges rest on, or that they are assumed"
    )

    @model_validator(mode="after")
    def _ends_after_its_start(self) -> Self:
        if self.end is not None and self.end <= self.start:
            raise ValueError(f"end {self.end} is not after start {self.start}")
        if not (self.start_early or self.start) <= self.start <= (self.start_late or self.start):
            raise ValueError("start_early ≤ start ≤ start_late does not hold")
        if (self.months_low, self.months_high) != (None, None):
            if self.months is None:
                raise ValueError("a range of months needs an end: without one it lasts to the end of the run")
            if not (self.months_low or self.months) <= self.months <= (self.months_high or self.months):
                raise ValueError(f"months_low ≤ {self.months} ≤ months_high does not hold, with the end {self.end}")
        if self.is_timed and self.range_basis is None:
            raise ValueError("a range of start or months needs a range_basis: what it rests on, or that it is assumed")
        return self

    @property
    def months(self) -> int | None:
        """Length in months; None without an end."""
        return None if self.end is None else between(self.start, self.end)

    @property
    def is_ranged(self) -> bool:
        """Whether anything but an approval has a range."""
        return self.is_timed

    @property
    def is_timed(self) -> bool:
        """Whether its start or its length has a range."""
        return (self.start_early, self.start_late, self.months_low, self.months_high) != (None,) * 4

    @property
    def start_range(self) -> tuple[int, int]:
        """Months by which it may start earlier (zero or below) and later."""
        early, late = self.start_early or self.start, self.start_late or self.start
        return between(self.start, early), between(self.start, late)

    @property
    def months_range(self) -> tuple[int, int] | None:
        """Least and greatest length in months; None without an end."""
        return None if self.months is None else (self.months_low or self.months, self.months_high or self.months)


class TradeCut(_Spell):
    """Exports of some products that pass only in part: the approval share of what would flow without the measure."""

    exporter: Place
    importers: tuple[Place, ...] = ("ALL",)
    products: tuple[Product, ...] = Field(min_length=1, description="product ids; ndfeb_magnet means both grades")
    origin: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = Field(
        None,
        description="hit only goods with content from this place, whoever exports them; goods that return there pass",
    )
    approval_share: Share | None = Field(None, description="share that passes, 0 to 1")
    approval_low: Share | None = None
    approval_high: Share | None = None
    office: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = Field(
        None,
        description="place whose licence office decides; the approvals of one office move together in draws, those of "
        "different offices independently. None means the exporter",
    )
    approval_observed: Line | None = Field(
        default=None,
        description="measure id: take each month's share from the recorded exports of that measure's period",
    )

    @model_validator(mode="after")
    def _one_approval(self) -> TradeCut:
        if (self.approval_share is None) == (self.approval_observed is None):
            raise ValueError("give approval_share or approval_observed, and not both")
        low, high = self.approval_low, self.approval_high
        if self.approval_share is not None and not (
            (low is None or low <= self.approval_share) and (high is None or high >= self.approval_share)
        ):
            raise ValueError("approval_low ≤ approval_share ≤ approval_high does not hold")
        return self

    @property
    def licensed_by(self) -> str:
        """The place whose licence office decides."""
        return self.office or self.exporter

    @property
    def approval_range(self) -> tuple[float, float, float] | None:
        """Low, central and high approval share; None without a range."""
        if self.approval_share is None or (self.approval_low is None and self.approval_high is None):
            return None
        central = self.approval_share
        low, high = (central if end is None else end for end in (self.approval_low, self.approval_high))
        return low, central, high


class Outage(_Spell):
    """Output of a stage in a place that stands still in part: `availability` is what remains, 0 to 1."""

    place: Place
    stage: Literal[
        "mine",
        "separated",
        "refined",
        "recycled",
        "metal",
        "alloy",
        "blank",
        "magnet",
        "anode",
        "cathode",
        "cell",
        "catalyst",
    ]
    products: tuple[Product, ...] = Field((), description="only what makes one of these; none means all of the stage")
    availability: Share
    availability_low: Share | None = None
    availability_high: Share | None = None

    @model_validator(mode="after")
    def _availability_within_its_range(self) -> Self:
        low, central, high = self.availability_range
        if not low <= central <= high:
            raise ValueError("availability_low ≤ availability ≤ availability_high does not hold")
        if low < high and self.range_basis is None:
            raise ValueError("a range of availability needs a range_basis: what it rests on, or that it is assumed")
        return self

    @property
    def is_ranged(self) -> bool:
        """Whether its start, its length or what remains has a range."""
        low, _, high = self.availability_range
        return self.is_timed or low < high

    @property
    def availability_range(self) -> tuple[float, float, float]:
        """Low, central and high availability."""
        central = self.availability
        low, high = (central if end is None else end for end in (self.availability_low, self.availability_high))
        return low, central, high


class Branch(_Strict):
    """One way in which things may go on from a month. Siblings part in the same month; their probabilities sum to 1."""

    id: Slug
    title: Line
    title_ja: Line
    start: Month = Field(description="first month in which it is known that this branch holds")
    probability: Annotated[float, Field(gt=0.0, le=1.0), BeforeValidator(_number)]
    probability_low: Share | None = None
    probability_high: Share | None = None
    probability_basis: Text = Field(min_length=1, description="what the probability rests on, or that it is assumed")
    based_on: tuple[Line, ...] = ()
    ends: tuple[Line, ...] = Field((), description="names of cuts and outages that end where this branch starts")
    cuts: tuple[TradeCut, ...] = ()
    outages: tuple[Outage, ...] = ()
    branches: tuple[Branch, ...] = ()

    @model_validator(mode="after")
    def _starts_what_it_adds(self) -> Self:
        low, high = self.probability_range
        if not low <= self.probability <= high:
            raise ValueError("probability_low ≤ probability ≤ probability_high does not hold")
        for kind, breaks in (("cuts", self.cuts), ("outages", self.outages)):
            for i, one in enumerate(breaks):
                if one.start < self.start:
                    raise ValueError(f"{kind}.{i} starts in {one.start}, before branch {self.id} in {self.start}")
                if one.is_ranged:
                    raise ValueError(f"{kind}.{i} of branch {self.id}: {NO_TIMES}")
        _siblings_fit(self.branches, self.start)
        return self

    @property
    def probability_range(self) -> tuple[float, float]:
        """Low and high end of the probability; itself where no range is given."""
        low, high = self.probability_low, self.probability_high
        return (self.probability if low is None else low), (self.probability if high is None else high)


def _siblings_fit(branches: tuple[Branch, ...], after: str | None) -> None:
    """Raise ValueError unless siblings part in one month after `after`, have ids of their own and sum to 1."""
    if not branches:
        return
    ids = [branch.id for branch in branches]
    if len(set(ids)) < len(ids):
        raise ValueError(f"branches: two have the id {next(i for i in ids if ids.count(i) > 1)}")
    starts = sorted({branch.start for branch in branches})
    if len(starts) > 1:
        raise ValueError(f"branches {', '.join(ids)} part in different months: {', '.join(starts)}")
    if after is not None and starts[0] <= after:
        raise ValueError(f"branches {', '.join(ids)} part in {starts[0]}, not after the branch that holds them")
    total = sum(branch.probability for branch in branches)
    if abs(total - 1) > PROBABILITY_ROUNDING:
        raise ValueError(f"the probabilities of branches {', '.join(ids)} sum to {total:.6g}, not 1")


class Scenario(_Strict):
    """One story of what goes wrong. `based_on` names the rows of `measures` that it follows.

    With `branches` it is a tree of stories: see `didymium.scenario.tree.leaves`.
    """

    id: Slug
    title: Line
    title_ja: Line
    summary: Text = ""
    based_on: tuple[Line, ...] = ()
    likelihood: Line = "not assessed"
    families: tuple[Line, ...] = Field(
        ("magnets",), min_length=1, description="families of the table `families` that the network holds together"
    )
    start: Month
    months: Annotated[int, Field(ge=1, le=120), BeforeValidator(_number)] = 24
    base_year: Annotated[int, Field(ge=FIRST_FAMILY_YEAR, le=LAST_BASE_YEAR), BeforeValidator(_number)] | None = Field(
        None,
        description="year whose figures show the world without the cut; none means the year of the start. "
        "A replay takes the year before: figures of the year itself hold the cut already",
    )
    cuts: tuple[TradeCut, ...] = ()
    outages: tuple[Outage, ...] = ()
    branches: tuple[Branch, ...] = ()

    @model_validator(mode="after")
    def _within_the_run(self) -> Scenario:
        first = FIRST_BASE_YEAR if "magnets" in self.families else FIRST_FAMILY_YEAR
        if int(self.start[:4]) < first:
            raise ValueError(f"start {self.start} lies before {first}, the first year that is modelled")
        if self.base_year is not None and self.base_year < first:
            raise ValueError(f"base_year {self.base_year} lies before {first}, the first year that can be balanced")
        last = shift(self.start, self.months - 1)
        for kind, breaks in (("cuts", self.cuts), ("outages", self.outages)):
            for i, one in enumerate(breaks):
                if one.start > last or (one.end is not None and one.end <= self.start):
                    raise ValueError(f"{kind}.{i} lies outside the run, {self.start} to {last}")
                if (one.start_early or self.start) < self.start or (one.start_late or last) > last:
                    raise ValueError(f"{kind}.{i} may start outside the run, {self.start} to {last}")
                if self.branches and one.is_ranged:
                    raise ValueError(f"{kind}.{i}: {NO_TIMES}")
        _siblings_fit(self.branches, None)
        _branches_fit(self.branches, {one.name for one in (*self.cuts, *self.outages)}, self.start, last)
        return self

    def cut(
        self,
        exporter: str,
        *,
        products: tuple[str, ...],
        share: float = 1.0,
        start: str | None = None,
        months: int | None = None,
        importers: tuple[str, ...] = ("ALL",),
    ) -> Scenario:
        """The same scenario with one more cut: `share` of the flow is lost from `start` for `months`."""
        first = start or self.start
        end = None if months is None else shift(first, months)
        more = {
            "exporter": exporter,
            "importers": importers,
            "products": products,
            "start": first,
            "end": end,
            "approval_share": 1 - share,
        }
        return checked(self.model_dump() | {"cuts": (*self.model_dump()["cuts"], more)}, where=f"scenario {self.id}")

    def apply(self, ds: Tables, overrides: Mapping[str, float] | None = None) -> Inputs:
        """Inputs of this scenario over a dataset; see `didymium.scenario.apply.apply`.

        Raises BadScenario for one with branches: it is several stories, each with inputs of its own.
        """
        from didymium.scenario.apply import apply

        if self.branches:
            raise BadScenario(
                f"has branches ({', '.join(b.id for b in self.branches)}) and so no one set of inputs.",
                where=f"scenario {self.id}",
                cure="Take its leaves: didymium.scenario.tree.leaves(scenario).",
            )
        return apply(self, ds, overrides)

    @property
    def first_base_year(self) -> int:
        """The year whose figures are the base: the one given, else that of the start, as far as figures reach."""
        return self.base_year or min(max(int(self.start[:4]), FIRST_BASE_YEAR), LAST_BASE_YEAR)

    def month_labels(self) -> tuple[str, ...]:
        """The months of the run, as YYYY-MM."""
        return tuple(shift(self.start, i) for i in range(self.months))


def _branches_fit(branches: tuple[Branch, ...], named: set[str | None], first: str, last: str) -> None:
    """Raise ValueError unless all branches lie within the run and end only what stands before them."""
    for branch in branches:
        if not first <= branch.start <= last:
            raise ValueError(f"branch {branch.id} starts in {branch.start}, outside the run, {first} to {last}")
        for name in branch.ends:
            if name not in named:
                known = ", ".join(sorted(n for n in named if n)) or "none"
                raise ValueError(f"branch {branch.id} ends '{name}', no cut or outage before it; named are: {known}")
        for kind, breaks in (("cuts", branch.cuts), ("outages", branch.outages)):
            for i, one in enumerate(breaks):
                if one.start > last:
                    raise ValueError(f"{kind}.{i} of branch {branch.id} lies outside the run, {first} to {last}")
        left = named - set(branch.ends)
        _branches_fit(branch.branches, left | {one.name for one in (*branch.cuts, *branch.outages)}, first, last)


def shift(month: str, by: int) -> str:
    """The month `by` months after `month` (YYYY-MM).

    >>> shift("2025-11", 3)
    '2026-02'
    """
    count = int(month[:4]) * 12 + int(month[5:]) - 1 + by
    return f"{count // 12:04d}-{count % 12 + 1:02d}"


def between(first: str, last: str) -> int:
    """Months from one month (YYYY-MM) to another; below zero if that lies before.

    >>> between("2025-11", "2026-02")
    3
    """
    return (int(last[:4]) - int(first[:4])) * 12 + int(last[5:]) - int(first[5:])


def parse(text: str, *, where: str) -> Scenario:
    """A scenario from TOML text. Raises BadScenario that names the field and what would be right."""
    try:
        content = toml_text.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as fault:
        what = "brackets or dots are nested too deep" if isinstance(fault, RecursionError) else str(fault)
        cure = "Expected a file such as: didymium scenario schema"
        raise BadScenario(f"not readable as TOML: {what}.", where=where, cure=cure) from None
    return checked(content, where=where)


def checked(content: Mapping[str, Any], *, where: str) -> Scenario:
    """A scenario from its fields. Raises BadScenario that names the first field at fault, and what was given there."""
    try:
        return Scenario.model_validate(content)
    except ValidationError as fault:
        first = fault.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        said = first["msg"].removeprefix("Value error, ")
        given = "" if isinstance(first["input"], Mapping) else f" (got {repr(first['input'])[:60]})"
        raise BadScenario(
            f"{field}: {said}{given}." if field else f"{said}{given}.",
            where=where,
            cure="Schema: didymium scenario schema",
        ) from fault


def library() -> dict[str, Scenario]:
    """The scenarios that come with Didymium, by id."""
    found = {}
    folder = resources.files("didymium.scenario") / "library"
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".toml"):
            one = parse(entry.read_text(encoding="utf-8"), where=entry.name)
            found[one.id] = one
    return found


def load(name: str) -> Scenario:
    """A scenario by library id or by the path of a TOML file.

    Raises UnknownTerm for an unknown id, BadScenario for a file that cannot be read.
    """
    if re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        known = library()
        if name not in known:
            raise UnknownTerm("scenario", name, known, cure="List them: didymium scenario list")
        return known[name]
    path = Path(name)
    try:
        if path.exists() and not path.is_file():
            raise BadScenario("is no ordinary file.", where=name, cure="Give a TOML file or an id of the library.")
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise BadScenario(f"has more than {MOST_BYTES:,} bytes.", where=name, cure="Is it the right file?")
        text = data.decode("utf-8-sig")  # some editors mark their files
    except OSError as fault:
        cure = "Give a TOML file, or an id: didymium scenario list"
        raise BadScenario(f"cannot be read: {fault.strerror}.", where=name, cure=cure) from fault
    except UnicodeDecodeError as fault:
        line = data[: fault.start].count(b"\n") + 1
        raise BadScenario(f"line {line} is not UTF-8.", where=name, cure="Save the file as UTF-8.") from fault
    return parse(text, where=path.name)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a scenario file."""
    return Scenario.model_json_schema()
