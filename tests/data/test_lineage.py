"""explain: the value in use, the rule that chose it, its source, and what others claim."""

from __future__ import annotations

import json
from typing import Any

import pytest

from didymium.errors import BadInput, NotFound, UnknownTerm


def test_neodymium_oxide_of_china(ds: Any) -> None:
    found = ds.explain("production", "nd_oxide", "CHN", 2024)
    assert found.used.value == 63800.0 and found.used.unit == "t oxide"
    assert found.rule["rule_id"] == "series-derived"
    assert found.used.evidence.grade == "C"
    assert found.used.source["source_id"] == "didymium-derivation"
    assert found.share_of_world == pytest.approx(63800 / 70205)
    forms = {(claim.row["product"], claim.row["stage"]) for claim in found.other_forms}
    assert {("ree_magnet", "separated"), ("reo_mixed", "mine")} <= forms
    text = found.text()
    for words in ("63,800 t oxide", "China mine quota 2024", "series-derived", "low, C", "73,756.7 t (Nd+Pr+Dy+Tb)"):
        assert words in text
    assert all(len(line) <= 112 or "http" in line for line in text.splitlines())


def test_rival_claims_stand_beside_the_value_in_use(ds: Any) -> None:
    found = ds.explain("production", "nd_oxide", "MYS", 2024)
    assert found.used.value == 4826.0
    assert found.rule["rule_id"] == "lynas-over-derived"
    assert [(claim.row["series"], claim.value) for claim in found.claims] == [("derived", 3270.0)]
    blend = next(claim for claim in found.other_forms if claim.row["product"] == "ndpr_oxide")
    assert blend.value == 6198.0
    assert "never add them" in found.text()


def test_settlement_is_told(ds: Any) -> None:
    text = ds.explain("production", "ndfeb_magnet", "magnet", "JPN", 2024).text()
    assert "magnet-share-japan" in text and "22,128 t" in text and "blank" in text


def test_excluded_claim_has_no_value_in_use(ds: Any) -> None:
    found = ds.explain("production", "ndfeb_alloy", "WLD", 2022)
    assert found.used is None and len(found.claims) == 1
    assert "no claim of this fact is used" in found.text()
    assert "exclude-alloy-2022" in found.text()


def test_dictionary_form_is_plain_json(ds: Any) -> None:
    found = ds.explain("trade", "CHN", "WLD", "ndfeb_magnet", "2023").as_dict()
    assert found["used"]["quantity"] == 52576.0 and found["rule"]["rule_id"] == "china-magnet-exports"
    assert found["claims"][0]["value"] == 52865.0
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_japanese(ds: Any) -> None:
    text = ds.explain("production", "nd_oxide", "CHN", 2024).text(lang="ja")
    assert "酸化ネオジム" in text and "採用規則" in text and "中国" in text
    with pytest.raises(UnknownTerm, match="language 'fr' is not known"):
        ds.explain("production", "nd_oxide", "CHN", 2024).text(lang="fr")


def test_rows_without_a_number_are_told_by_column(ds: Any) -> None:
    text = ds.explain("measures", "cn-ree7-licence-2025").text()
    assert "effective_date  2025-04-04" in text and "smco_magnet" in text


def test_every_row_in_use_of_every_table_can_be_explained(ds: Any) -> None:
    for table in ds.tables:
        key = [part for part in ds.rows(table)[-1]["row_id"].partition(":")[2].split("|") if part]
        assert ds.explain(table, *key).text()


def test_what_is_not_there_is_said(ds: Any) -> None:
    with pytest.raises(NotFound, match=r"no row for year 2030. There are: 2022, 2023, 2024, 2025."):
        ds.explain("production", "gallium", "CHN", 2030)
    with pytest.raises(NotFound, match="no row for country JPN"):
        ds.explain("production", "ndpr_oxide", "JPN", 2024)
    with pytest.raises(UnknownTerm, match="Did you mean gallium"):
        ds.explain("production", "galium")
    with pytest.raises(UnknownTerm, match="Write nd_oxide"):
        ds.explain("production", "Neodymium oxide")
    with pytest.raises(BadInput, match=r"4 facts match. Add year: 2022, 2023, 2024, 2025"):
        ds.explain("production", "gallium", "CHN")
    with pytest.raises(BadInput, match="no row is named"):
        ds.explain("production")
    with pytest.raises(UnknownTerm, match="table 'prod'"):
        ds.explain("prod", "x")
