"""Tables of terms: which reading wins, what a user may add, and what is refused with its row."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from didymium.errors import BadInput
from didymium.sources import terms
from didymium.sources.marks import Mark
from didymium.sources.terms import MARKS, PLACES, SERIES, Meaning, Place, Terms, read_terms

VOCABULARY: dict[str, list[dict[str, Any]]] = {
    "places": [
        {"place": "CHN", "name": "China", "name_ja": "中国"},
        {"place": "JPN", "name": "Japan", "name_ja": "日本"},
    ],
    "products": [{"product": "cobalt"}],
    "stages": [{"stage": "mine"}],
    "units": [{"unit": "t"}, {"unit": "share"}],
    "mass_bases": [{"mass_basis": "element"}, {"mass_basis": "none"}],
}
SERIES_HEAD = "term,unit_as_given,attribute,product,stage,unit,factor,mass_basis,table,reviewed"
PLACES_HEAD = "body,term,place,flags,reviewed"
MARKS_HEAD = "body,mark,value_status,low,high,reviewed"


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Terms that ship, written for the test: series, places, marks; then those of the user."""
    folder = tmp_path / "terms"
    folder.mkdir()
    monkeypatch.setattr(terms, "FOLDER", folder)

    def made(series: str = "", places: str = "", marks: str = "", body: str = "USGS", **own: str) -> Terms:
        for name, head, rows in (
            ("x", SERIES_HEAD, series),
            ("places", PLACES_HEAD, places),
            ("marks", MARKS_HEAD, marks),
        ):
            (folder / f"{name}.csv").write_text(f"{head}\n{rows}", encoding="utf-8")
        extra = []
        for name, text in own.items():
            path = tmp_path / f"{name}.csv"
            path.write_text(text, encoding="utf-8")
            extra.append(path)
        return read_terms(body, "x.csv", VOCABULARY, extra)

    return made


def test_a_series_says_what_it_measures(shipped: Any) -> None:
    found = shipped(
        series="Cobalt,metric tons,production,cobalt,mine,t,0.001,element,production,Read.\n"
        "Cobalt / Stocks,,stocks,,,share,,none,,Also.\n"
        "Old,,out_of_scope,,,,,,,Not ours.\n"
    )
    assert found.meaning("Cobalt", "metric tons") == Meaning(
        "production", "cobalt", "mine", "t", 0.001, "element", "production", "Read."
    )
    assert found.meaning("Cobalt / Stocks", "kg") == Meaning("stocks", None, None, "share", 1.0, "none", None, "Also.")
    assert found.meaning("Old", "") == Meaning("out_of_scope", None, None, "", 1.0, "none", None, "Not ours.")
    assert found.meaning("Cobalt", "kg") is None and found.meaning("New", "metric tons") is None


def test_exact_words_win_over_a_star_and_a_longer_form_over_a_shorter(shipped: Any) -> None:
    rows = ("A / B / C,t", "A / B / *,t", "A / B / *,", "A / *,t", "*,", "A / B,")
    found = shipped(series="".join(f"{row},stocks,,,t,,none,,{n}\n" for n, row in enumerate(rows)))
    for (term, unit), n in {
        ("A / B / C", "t"): "0",
        ("A / B / D", "t"): "1",
        ("A / B / C", "kg"): "2",
        ("A / B", "kg"): "5",
        ("A / B", "t"): "5",
        ("A / X / Y", "t"): "3",
        ("A / X / Y", "kg"): "4",
        ("Z", "t"): "4",
    }.items():
        assert found.meaning(term, unit).reviewed == n, (term, unit)


def test_places_are_read_by_code_by_name_and_by_reviewed_word(shipped: Any) -> None:
    found = shipped(
        places=",Nippon,JPN,,Any.\nUSGS,Chinae,CHN,estimated;revised,Ours.\nBGS,Cathay,CHN,,Theirs.\nUSGS,Nowhere,,,Out.\n"
    )
    assert found.place("CHN") == found.place("China") == Place("CHN", (), "The name that we use.")
    assert found.place("Nippon") == Place("JPN", (), "Any.")
    assert found.place("Chinae") == Place("CHN", ("estimated", "revised"), "Ours.")
    assert found.place("Nowhere") == Place(None, (), "Out.")
    assert found.place("Cathay") is None and found.place("china") is None


def test_a_reading_of_the_publication_wins_over_that_of_any_and_the_users_over_both(shipped: Any) -> None:
    rows = ",W,withheld,,,Any.\nUSGS,W,reported,0,0.5,Ours.\nBGS,W,none_reported,,,Theirs.\n,-,none_reported,0,0,Nil.\n"
    found = shipped(marks=rows)
    assert found.marks == {"W": Mark("reported", 0.0, 0.5), "-": Mark("none_reported", 0.0, 0.0)}
    own = f"{MARKS_HEAD}\nUSGS,W,withheld,1,,Mine.\n,s,reported,,2,More.\n"
    found = shipped(marks=rows, own=own, marks_of_mine="")
    assert found.marks["W"] == Mark("reported", 0.0, 0.5)  # a file of another name is not one of terms
    (terms.FOLDER.parent / "marks.csv").write_text(own, encoding="utf-8")
    again = read_terms("USGS", "x.csv", VOCABULARY, [terms.FOLDER.parent / "marks.csv"])
    assert (again.marks["W"], again.marks["s"]) == (Mark("withheld", 1.0, None), Mark("reported", None, 2.0))
    assert again.marks["-"] == Mark("none_reported", 0.0, 0.0)


def test_the_users_series_and_places_win(shipped: Any, tmp_path: Path) -> None:
    row = "Cobalt,,stocks,cobalt,,t,{},none,,{}\n"
    found = shipped(
        series=row.format(1, "Shipped."),
        places=",Nippon,CHN,,Shipped.\n",
        x=f"{SERIES_HEAD}\n{row.format(5, 'Mine.')}",
        places_of_mine=f"{PLACES_HEAD}\n",
    )
    assert (found.meaning("Cobalt", "t").factor, found.meaning("Cobalt", "t").reviewed) == (5.0, "Mine.")
    (tmp_path / "places.csv").write_text(f"{PLACES_HEAD}\n,Nippon,JPN,,Mine.\n", encoding="utf-8")
    again = read_terms("USGS", "x.csv", VOCABULARY, [tmp_path / "places.csv"])
    assert again.place("Nippon") == Place("JPN", (), "Mine.")


def test_a_word_that_may_be_two_places_is_not_read_and_says_why(shipped: Any) -> None:
    found = shipped(places="USGS,China,,ambiguous,Two of them.\n")
    assert found.place("China") is None and found.place("CHN") is not None
    assert found.near("place", "China") == "Two of them."
    assert found.near("series", "China") == "" and found.near("place", "Jappan") == "Did you mean JPN?"
    assert shipped(places="BGS,China,,ambiguous,Two.\n").place("China").place == "CHN"


@pytest.mark.parametrize(
    ("name", "row", "told"),
    [
        ("x", "A,,stocks,gold,,t,,none,,r", "row 2, column product: 'gold' is not known."),
        ("x", "A,,stocks,,smelter,t,,none,,r", "row 2, column stage: 'smelter' is not known."),
        ("x", "A,,stocks,,,lb,,none,,r", "row 2, column unit: 'lb' is not known."),
        ("x", "A,,stocks,,,t,,dry,,r", "row 2, column mass_basis: 'dry' is not known."),
        ("x", "A,,stocks,,,,,none,,r", "row 2, column unit: is empty."),
        ("x", "A,,stocks,,,t,,,,r", "row 2, column mass_basis: is empty."),
        ("x", ",,stocks,,,t,,none,,r", "row 2, column term: is empty."),
        ("x", "A,,,,,t,,none,,r", "row 2, column attribute: is empty."),
        ("x", "A,,stocks,,,t,,none,,", "row 2, column reviewed: is empty."),
        ("x", "A,,stocks,,,t,,none,,r\nA,,price,,,t,,none,,r", "row 3, column term: 'A' already stands in row 2."),
        ("places", ",Ruritania,RUR,,r", "row 2, column place: 'RUR' is not known."),
        ("places", ",,CHN,,r", "row 2, column term: is empty."),
        ("places", ",x,CHN,,", "row 2, column reviewed: is empty."),
        ("places", ",x,CHN,a; b,r", "row 2, column flags: 'a; b' is not a list."),
        ("marks", ",,withheld,,,r", "row 2, column mark: is empty."),
        ("marks", ",W,,,,r", "row 2, column value_status: is empty."),
        ("marks", ",W,withheld,x,,r", "row 2, column low: 'x' is not a number."),
        ("marks", ",W,withheld,,,r\n,W,reported,,,r", "row 3, column mark: 'W' already stands in row 2."),
    ],
)
def test_a_row_of_terms_that_is_not_sound_is_told_whether_ours_or_the_users(
    shipped: Any, tmp_path: Path, name: str, row: str, told: str
) -> None:
    key, head = {"x": ("series", SERIES_HEAD), "places": (name, PLACES_HEAD), "marks": (name, MARKS_HEAD)}[name]
    told = f"{name}.csv {told}"
    with pytest.raises(BadInput) as refused:
        shipped(**{key: f"{row}\n"})
    assert refused.value.line().startswith(f"terms/{told}") and refused.value.faults[0].startswith(f"terms/{told}")
    shipped()
    own = tmp_path / f"{name}.csv"
    own.write_text(f"{head}\n{row}\n", encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        read_terms("USGS", "x.csv", VOCABULARY, [own])
    assert refused.value.line().startswith(told)


def test_a_row_of_terms_is_told_with_its_cure(shipped: Any) -> None:
    for row, told in {
        "A,,stocks,gold,,t,,none,,r": "product: 'gold' is not known. Use a word of ours.",
        "A,,stocks,,,,,none,,r": "unit: is empty. Only what is out of scope has none.",
    }.items():
        with pytest.raises(BadInput) as refused:
            shipped(series=f"{row}\n")
        assert refused.value.line() == f"terms/x.csv row 2, column {told}"
    two = "A,,stocks,,,t,,none,,r\nA,,stocks,,,t,,none,,r\n"
    with pytest.raises(BadInput) as refused:
        shipped(series=two)
    assert refused.value.line().endswith("column term: 'A' already stands in row 2. Keep one reading of it.")
    assert shipped(series="A,t,stocks,,,t,,none,,r\nA,,stocks,,,t,,none,,s\n").meaning("A", "t").reviewed == "r"


def test_all_faults_of_a_kind_come_together(shipped: Any) -> None:
    with pytest.raises(BadInput) as refused:
        shipped(series="A,,stocks,gold,,lb,,none,,r\n", places=",x,RUR,,r\n")
    assert [fault.split(":")[0] for fault in refused.value.faults] == [
        "terms/x.csv row 2, column product",
        "terms/x.csv row 2, column unit",
        "terms/places.csv row 2, column place",
    ]
    assert refused.value.line() == refused.value.faults[0]
    with pytest.raises(BadInput) as refused:
        shipped(marks=",,withheld,,,r\n,W,,,,r\n")
    assert [fault.split(":")[0] for fault in refused.value.faults] == [
        "terms/marks.csv row 2, column mark",
        "terms/marks.csv row 3, column value_status",
    ]
    assert refused.value.line() == refused.value.faults[0]


def test_a_file_of_terms_that_is_not_there_is_told(shipped: Any, tmp_path: Path) -> None:
    shipped()
    with pytest.raises(BadInput) as refused:
        read_terms("USGS", "x.csv", VOCABULARY, [tmp_path / "places.csv"])
    assert refused.value.line() == "places.csv: the terms cannot be read (No such file or directory). Check it."


def test_what_a_row_of_terms_must_hold() -> None:
    must = {table.name: [c.name for c in table.columns if c.required] for table in (PLACES, MARKS, SERIES)}
    assert must == {
        "places": ["term", "reviewed"],
        "marks": ["mark", "value_status", "reviewed"],
        "series": ["term", "attribute", "reviewed"],
    }
    for made in (Place("CHN", (), "r"), Meaning("a", None, None, "t", 1.0, "none", None, "r"), Terms({}, {}, {})):
        assert not hasattr(made, "__dict__")
        with pytest.raises((dataclasses.FrozenInstanceError, AttributeError, TypeError)):
            made.reviewed = "other"  # type: ignore[union-attr]
    assert repr(Terms({}, {}, {}, {"place": {}})) == "Terms(series={}, places={}, marks={})"
