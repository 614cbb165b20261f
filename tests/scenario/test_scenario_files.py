"""Scenario files: the library loads, bad ones are refused in a line that names field, value and file, months add up."""

from __future__ import annotations

import tomllib
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from didymium import scenario
from didymium.errors import BadScenario, UnknownTerm
from didymium.scenario.scenario import Scenario, checked, json_schema, library, load, parse, shift

GOOD = """
id = "my-cut"
title = "A cut"
title_ja = "規制"
start = "2026-12"
months = 12

[[cuts]]
exporter = "CHN"
products = ["ndfeb_magnet"]
start = "2026-12"
end = "2027-06"
approval_share = 0.5
approval_low = 0.2
approval_high = 0.8
"""


def test_every_scenario_of_the_library_has_both_titles_and_breaks_something() -> None:
    found = library()
    assert {
        "cn-ree7-licence-2025",
        "cn-october-notices-return",
        "cn-stop-3",
        "cn-stop-6",
        "cn-stop-12",
        "mm-feed-halt",
    } <= set(found)
    for name, story in found.items():
        assert name == story.id
        assert story.title and story.title_ja and story.summary
        assert story.based_on or not story.cuts  # a cut follows a measure; an outage may follow none
        assert story.cuts or story.outages or story.branches
        assert len(story.month_labels()) == story.months == 24


@pytest.mark.parametrize("months", [3, 6, 12])
def test_a_stop_lasts_as_long_as_its_name_says(months: int) -> None:
    (cut,) = load(f"cn-stop-{months}").cuts
    assert cut.approval_share == 0
    assert cut.end == shift(cut.start, months)


def test_a_replay_starts_from_the_year_before_its_measure() -> None:
    for name in ("cn-ree7-licence-2025", "cn-ree7-no-licence"):
        story = load(name)
        assert story.base_year == int(story.start[:4]) - 1


def test_a_file_is_read_as_the_text_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "My cut.toml"
    path.write_text(GOOD, encoding="utf-8")
    assert load(str(path)) == parse(GOOD, where="text")


def test_a_scenario_survives_its_own_json() -> None:
    for story in library().values():
        assert Scenario.model_validate(story.model_dump(mode="json")) == story


BAD = {
    "months run backwards": ('end = "2027-06"', 'end = "2026-11"', "cuts.0: end 2026-11 is not after start 2026-12"),
    "both approvals": (
        "approval_low = 0.2",
        'approval_observed = "cn-ree7-licence-2025"',
        "cuts.0: give approval_share or approval_observed, and not both",
    ),
    "no approval": ("approval_share = 0.5", "", "cuts.0: give approval_share or approval_observed, and not both"),
    "share over one": (
        "approval_share = 0.5",
        "approval_share = 1.5",
        "cuts.0.approval_share: Input should be less than or equal to 1 (got 1.5)",
    ),
    "share not a number": ("approval_share = 0.5", "approval_share = nan", "cuts.0.approval_share"),
    "range beside its centre": (
        "approval_low = 0.2",
        "approval_low = 0.6",
        "approval_low ≤ approval_share ≤ approval_high does not hold",
    ),
    "extra key": (
        "approval_low = 0.2",
        "aproval_low = 0.2",
        "cuts.0.aproval_low: Extra inputs are not permitted (got 0.2)",
    ),
    "extra key at the top": ("months = 12", "months = 12\nmonth = 3", "month: Extra inputs are not permitted (got 3)"),
    "no such month": ('start = "2026-12"\nmonths', 'start = "2026-13"\nmonths', "start: String should match pattern"),
    "months too many": ("months = 12", "months = 121", "months: Input should be less than or equal to 120 (got 121)"),
    "not a place code": ('"CHN"', '"China"', "cuts.0.exporter: String should match pattern"),
    "no products": ('["ndfeb_magnet"]', "[]", "cuts.0.products"),
    "before the first base year": ('"2026-12"\nmonths', '"1999-12"\nmonths', "start 1999-12 lies before 2024"),
    "cut after the run": (
        'start = "2026-12"\nend = "2027-06"',
        'start = "2028-01"',
        "cuts.0 lies outside the run, 2026-12 to 2027-11",
    ),
    "cut before the run": (
        'start = "2026-12"\nend = "2027-06"',
        'start = "2026-01"\nend = "2026-12"',
        "cuts.0 lies outside the run",
    ),
    "base year without figures": (
        "months = 12",
        "months = 12\nbase_year = 2020",
        "base_year: Input should be greater than or equal to 2022 (got 2020)",
    ),
    "base year before the magnets": (
        "months = 12",
        "months = 12\nbase_year = 2023",
        "base_year 2023 lies before 2024, the first year that can be balanced",
    ),
    "missing title": ('title_ja = "規制"', "", "title_ja: Field required"),
    "not TOML": ("months = 12", "months = twelve", "not readable as TOML"),
    "a key twice": ("months = 12", "months = 12\nmonths = 13", "not readable as TOML"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_scenario_is_refused(case: str, tmp_path: Path) -> None:
    old, new, said = BAD[case]
    assert GOOD.count(old) == 1
    path = tmp_path / "mine.toml"
    path.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(BadScenario) as caught:
        load(str(path))
    line = caught.value.line()
    assert line.startswith("mine.toml: ")
    assert said in line
    assert "\n" not in line
    assert "{'" not in line  # the field is named, its whole table is not poured out
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("field", ["months", "base_year"])
def test_a_text_is_no_number(field: str) -> None:
    whole = library()["cn-stop-3"].model_dump() | {field: "12"}
    with pytest.raises(BadScenario, match=f"{field}: a text is no number"):
        checked(whole, where="x")


@pytest.mark.parametrize("sign", ["\x1b", "\u200b", "\u202e", "\n"])
def test_a_title_is_one_line_of_signs_that_are_seen(sign: str) -> None:
    whole = library()["cn-stop-3"].model_dump() | {"title": f"a{sign}b"}
    with pytest.raises(BadScenario, match=rf"title: the sign U\+{ord(sign):04X} cannot be seen") as told:
        checked(whole, where="x")
    assert told.value.line().isprintable()


def test_an_outage_that_ends_before_it_starts_is_refused() -> None:
    outage = '[[outages]]\nplace = "MMR"\nstage = "mine"\nstart = "2027-01"\nend = "2026-12"\navailability = 0.0\n'
    with pytest.raises(BadScenario, match=r"outages\.0: end 2026-12 is not after start 2027-01"):
        parse(GOOD + outage, where="mine.toml")


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sjis.toml"
    path.write_bytes(GOOD.encode("shift_jis"))
    with pytest.raises(BadScenario, match=r"sjis\.toml: line \d+ is not UTF-8\. Save the file as UTF-8\."):
        load(str(path))


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "marked.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode("utf-8"))
    assert load(str(path)).id == "my-cut"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadScenario, match="No such file"):
        load(str(tmp_path / "none.toml"))


def test_an_unknown_scenario_gets_near_names() -> None:
    with pytest.raises(UnknownTerm, match=r"scenario 'cn-stop-13' is not known\. Did you mean .*'cn-stop-12'"):
        load("cn-stop-13")


def test_one_more_cut() -> None:
    """`cut` takes the share that is lost; without months it lasts to the end."""
    story = load("mm-feed-halt")
    more = story.cut("CHN", products=("ndfeb_magnet",), share=0.75, months=3, importers=("USA",))
    (added,) = more.cuts
    assert (added.approval_share, added.start, added.end, added.importers) == (0.25, "2026-12", "2027-03", ("USA",))
    assert more.outages == story.outages and story.cuts == ()
    assert story.cut("CHN", products=("dy_oxide",), start="2027-02").cuts[0].end is None


@pytest.mark.parametrize(
    "wrong", [{"exporter": "China"}, {"share": 1.5}, {"start": "2031-01"}, {"months": 0}, {"products": ()}]
)
def test_one_more_cut_is_checked_like_a_file(wrong: dict) -> None:
    asked = {"exporter": "CHN", "products": ("dy_oxide",)} | wrong
    with pytest.raises(BadScenario, match="scenario mm-feed-halt: cuts"):
        load("mm-feed-halt").cut(**asked)


def test_the_json_schema_holds_for_the_library() -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    check = jsonschema.Draft202012Validator(schema)
    files = sorted((Path(scenario.__file__).parent / "library").glob("*.toml"))
    assert len(files) == len(library())
    for path in files:
        check.validate(tomllib.loads(path.read_text(encoding="utf-8")))
    assert not check.is_valid(tomllib.loads(GOOD.replace("0.5", "1.5")))
    assert not check.is_valid(tomllib.loads(GOOD + "extra = 1"))


def test_the_json_schema_describes_every_field() -> None:
    schema = json_schema()
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) == set(Scenario.model_fields)
    assert {"id", "title", "title_ja", "start"} == set(schema["required"])
    cut = schema["$defs"]["TradeCut"]
    assert cut["additionalProperties"] is False
    assert set(cut["required"]) == {"exporter", "products", "start"}
    assert cut["properties"]["approval_share"]["anyOf"][0] == {"maximum": 1.0, "minimum": 0.0, "type": "number"}


months = st.builds(lambda y, m: f"{y:04d}-{m:02d}", st.integers(1900, 2100), st.integers(1, 12))
steps = st.integers(-500, 500)


@given(months, steps, steps)
def test_months_add_up(month: str, a: int, b: int) -> None:
    assert shift(shift(month, a), b) == shift(month, a + b)
    assert shift(month, 12) == f"{int(month[:4]) + 1:04d}{month[4:]}"
    assert (shift(month, a) < month) == (a < 0)  # text order is order in time
