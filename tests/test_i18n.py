"""Languages: every message has its Japanese, and numbers, dates and names read as they should."""

from __future__ import annotations

import csv
import re
import string
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from didymium import i18n
from didymium.errors import UnknownTerm
from didymium.i18n import translator

ROOM = Path(i18n.__file__).parent


@cache
def used() -> dict[str, str]:
    """Messages in the source, by where they stand: calls of `t` (in `i18n` itself, of `self`) and templates."""
    from babel.messages.extract import extract

    found: dict[str, str] = {}
    for path in sorted([*ROOM.rglob("*.py"), *ROOM.rglob("*.j2")]):
        method = "python" if path.suffix == ".py" else "jinja2.ext:babel_extract"
        names = ["self"] if path.name == "i18n.py" else ["t"]
        with path.open("rb") as source:
            for line, message, _, _ in extract(method, source, keywords=dict.fromkeys(names)):
                if isinstance(message, str):
                    found.setdefault(message, f"{path.name}:{line}")
    return found


def placeholders(text: str) -> Counter[str]:
    return Counter(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def japanese() -> Iterator[tuple[str | None, str, str]]:
    for (context, message), translation in i18n._catalogue("ja").items():
        yield context, message, translation


def test_there_are_messages() -> None:
    assert len(used()) > 250


def test_every_message_has_its_japanese() -> None:
    missing = {m: where for m, where in used().items() if (None, m) not in i18n._catalogue("ja")}
    assert not missing


def test_no_translation_is_left_over() -> None:
    assert not [m for context, m, _ in japanese() if context is None and m not in used()]


def test_no_placeholder_is_lost() -> None:
    wrong = [(m, text) for _, m, text in japanese() if placeholders(m) != placeholders(text)]
    assert not wrong


def test_no_sentence_stayed_english() -> None:
    """A translation of several words holds Japanese characters."""
    short = [m for context, m, text in japanese() if context is None and len(m.split()) > 3 and text.isascii()]
    assert not short


def test_terms_are_named_once_and_in_both_languages() -> None:
    with (ROOM / "locale" / "terms.csv").open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    assert not [r for r in rows if not (r["kind"] and r["id"] and r["en"] and r["ja"])]
    assert max(Counter((r["kind"], r["id"]) for r in rows).values()) == 1


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0"),
        (1234.5, "1,230"),
        (0.0012345, "0.00123"),
        (-52.34, "−52.3"),
        (999.6, "1,000"),
        (1_234_567, "1,230,000"),
        (2.0, "2"),
    ],
)
def test_numbers_have_three_significant_digits(value: float, written: str) -> None:
    assert translator("en").number(value) == written
    assert translator("ja").number(value) == written


def test_unknown_is_a_dash_and_not_zero() -> None:
    t = translator("en")
    assert {t.number(None), t.share(None), t.tonnes(None), t.days(None), t.date(None), t.usd_m(None)} == {"–"}
    assert t.tonnes(0) == "0 t"


def test_units_by_language() -> None:
    en, ja = translator("en"), translator("ja")
    assert (en.tonnes(12_345), ja.tonnes(12_345)) == ("12,300 t", "12,300トン")
    assert (en.share(0.9173), ja.share(1.0)) == ("91.7%", "100%")
    assert (en.days(1.2), en.days(52), ja.days(52)) == ("1 day", "52 days", "52日")
    assert (en.usd_m(1073.0), ja.usd_m(5)) == ("USD 1,070 million", "5百万米ドル")
    assert (en.span("1", "2"), ja.span("1", "2")) == ("1–2", "1～2")
    assert en.amount(3, "t REO") == "3 t REO"


def test_dates_say_only_what_is_known() -> None:
    en, ja = translator("en"), translator("ja")
    assert [en.date(d) for d in ("2026-11-27", "2026-11", "2010")] == ["27 Nov 2026", "Nov 2026", "2010"]
    assert [ja.date(d) for d in ("2026-11-27", "2026-11", "2010")] == ["2026年11月27日", "2026年11月", "2010年"]


def test_places_come_from_the_locale_data() -> None:
    en, ja = translator("en"), translator("ja")
    assert (en.place("KOR"), ja.place("KOR")) == ("South Korea", "韓国")
    assert (en.place("USA+JPN"), ja.place("USA")) == ("United States and Japan", "米国")
    assert en.place("ROW_x") == "ROW_x"
    assert translator("en", {"place": {"ROW_x": "Small producers"}}).place("ROW_x") == "Small producers"


def test_a_name_of_the_dataset_fills_what_the_list_lacks() -> None:
    t = translator("en", {"product": {"sc_oxide": "Scandium oxide", "dy_oxide": "Dysprosium oxide"}})
    assert t.term("product", "sc_oxide") == "Scandium oxide"
    assert t.term("product", "dy_oxide") == "Dy oxide"
    assert t.term("product", "nobody_named_it") == "nobody named it"


def test_the_stages_run_from_mine_to_end_use() -> None:
    chain = ["mine", "separated", "metal", "alloy", "blank", "magnet", "end_use"]
    assert sorted(chain, key=lambda s: i18n.rank("stage", s)) == chain
    assert i18n.rank("stage", "unheard") == len(i18n.order("stage"))


def test_a_sentence_of_the_data_keeps_its_numbers_in_translation() -> None:
    said = "Evidence was searched until 2026-07-01, 144 days before the day asked about."
    assert translator("ja").fact(said) == "情報の調査は2026年7月1日までで、基準日の144日前である。"
    assert translator("en").fact(said) == said
    assert translator("ja").fact("Nobody translated this.") == "Nobody translated this."


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(UnknownTerm, match="Known: en, ja"):
        translator("fr")


def test_what_is_said_of_the_products_of_a_family_names_them() -> None:
    """The ids of a coverage note read as names, and the sentence before them is translated."""
    names = {"product": {"germanium": "Germanium"}}
    note = "minor_metals: listed places make only a part of the world's output: germanium:refined (68%)"
    read = translator("en", names).fact(note)
    assert read.startswith("Minor metals: listed places make only a part of the world's output: Germanium, ")
    assert read.endswith(" (68%)") and "germanium:refined" not in read
    japanese_names = {"product": {"sm_oxide": "酸化サマリウム", "smco_alloy": "サマリウムコバルト合金"}}
    note = "smco_magnets: output figures are older than 2024: sm_oxide (2019), smco_alloy (2019)"
    assert translator("ja", japanese_names).fact(note) == (
        "サマリウムコバルト磁石：生産量の数値が2024年より古い：酸化サマリウム (2019)；サマリウムコバルト合金 (2019)"
    )
    for other in ("another: thing: it_is", "magnets: a remark of ours: it_is, it_stays"):  # no family, no such sentence
        assert translator("ja").fact(other) == other


def test_every_coverage_note_of_the_families_has_its_japanese() -> None:
    """The sentences as the scenario room writes them."""
    source = (ROOM / "scenario" / "family_coverage.py").read_text("utf-8")
    said = re.findall(r'^ +\(\w+, f?"(.+): "\),$', source, re.MULTILINE)
    assert len(said) == 5
    for sentence in said:
        text = sentence.replace("{family.year}", "2024")
        assert translator("ja").fact(text) != text
