"""Which trade measures bite on a given day, which change soon, and what happens then.

The table `measures` records what was found, and up to when. This study moves each record to the day asked about:
a suspension may have begun, run on, or run out with nobody having reported what came next. That last case is
said as such (`possibly_back`); it is read neither as "still suspended" nor as "in force".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from didymium import __version__
from didymium.i18n import translator
from didymium.model.calendar import days_between, first_day, last_day
from didymium.results.result import Field, Result
from didymium.studies import measure_links
from didymium.studies.measure_clock import Change, Clock

if TYPE_CHECKING:
    from didymium.data import Dataset

Record = Mapping[str, Any]


def measures(ds: Dataset, *, as_of: date, horizon_days: int = 90, parties: Sequence[str] = ("USA", "JPN")) -> Result:
    """The calendar of trade measures on the day `as_of`, what has just changed or changes next first.

    `horizon_days` [days]: a change within so many days is flagged. `parties`: whose calendar it is; `touches`
    says how each measure reaches them, and measures between others stay in the list as `others`.
    """
    begun = [row for row in ds.rows("measure_suspensions") if first_day(row["from_date"]) <= as_of]
    latest = {row["measure_id"]: row for row in sorted(begun, key=lambda row: first_day(row["from_date"]))}
    rows = []
    for record in ds.rows("measures"):
        clock = Clock.of(record, latest.get(record["measure_id"]))
        if clock.is_known_on(as_of):
            rows.append(_row(ds, record, clock, as_of=as_of, horizon_days=horizon_days, parties=parties))
    rows.sort(key=_urgency)
    kinds = measure_links.classes(ds)
    rows = [
        {**row, "class": kinds[row["measure_id"]], "hs_codes": measure_links.hs_codes(ds, row["products"])}
        for row in rows
    ]
    return Result.of(
        "measures",
        request={"as_of": as_of.isoformat(), "horizon_days": horizon_days, "parties": list(parties)},
        dataset=ds.describe(),
        code_version=__version__,
        rows=rows,
        fields=FIELDS,
        tables={
            "by_state": _by_state(rows),
            "calendar": measure_links.calendar(ds, rows, as_of, horizon_days),
            "links": measure_links.links(ds, rows, parties, as_of),
        },
        warnings=_warnings(rows),
        source_ids=[source for row in rows for source in row["source_ids"]],
    )


def _row(
    ds: Dataset, record: Record, clock: Clock, *, as_of: date, horizon_days: int, parties: Sequence[str]
) -> dict[str, Any]:
    state, change = clock.state_on(as_of), clock.change_on(as_of)
    days = days_between(as_of, change.on) if change else None
    runs_out = change if change and change.kind != "takes_effect" else None
    return {
        "measure_id": record["measure_id"],
        "imposing": record["imposing"],
        "targeted": record["targeted"],
        "touches": _touches(record, parties),
        "products": record["products"].split(";"),
        "kind": record["kind"],
        "announced_date": record["announced_date"],
        "effective_date": record["effective_date"],
        "suspended_from_date": clock.suspended_from,
        "suspended_until_date": clock.suspended_until,
        "end_date": runs_out.on.isoformat() if runs_out else record["end_date"],
        "status": "unknown" if state == "possibly_back" else state,
        "state": state,
        "status_recorded": record["status"],
        "next_change": change.kind if change else None,
        "next_change_date": change.on.isoformat() if change else None,
        "days_to_change": days,
        "days_to_lapse": days if runs_out else None,
        "flag": _flag(change, days, horizon_days),
        "lapse_effect": _lapse_effect(ds, record, change, "en"),
        "lapse_effect_ja": _lapse_effect(ds, record, change, "ja"),
        "lapse_effect_key": f"measures.{change.kind}" if change else None,
        "observed_effect": record["observed_effect"],
        "evidence_date": record["last_evidence_date"],
        "evidence_age_days": max(0, days_between(last_day(record["last_evidence_date"]), as_of)),
        "note": record["notes"],
        "source_ids": sorted({s for s in (record["source_id"], record["effect_source_id"]) if s}),
    }


def _touches(record: Record, parties: Sequence[str]) -> str:
    """How a measure reaches the parties: `named`, `everyone`, `own` (one of them imposes it) or `others`."""
    if record["targeted"] in parties:
        return "named"
    if record["imposing"] in parties:
        return "own"
    return "everyone" if record["targeted"] == "WLD" else "others"


def _flag(change: Change | None, days: int | None, horizon_days: int) -> str | None:
    """`state_unknown` after a suspension that ran out, `lapses_soon` or `starts_soon` within the horizon."""
    if change is None or days is None:
        return None
    if change.kind == "suspension_ended":
        return "state_unknown"
    if not 0 <= days <= horizon_days:
        return None
    return "starts_soon" if change.kind == "takes_effect" else "lapses_soon"


def _urgency(row: Record) -> tuple[Any, ...]:
    flag = ("state_unknown", "lapses_soon", "starts_soon", None).index(row["flag"])
    over = row["state"] in ("ended", "replaced")
    days = row["days_to_change"]
    return over, flag, days if days is not None else 10**6, row["measure_id"]


def _lapse_effect(ds: Dataset, record: Record, change: Change | None, lang: Literal["en", "ja"]) -> str | None:
    """What the change does, as a sentence of the table `sentences` filled with the record's fields."""
    if change is None:
        return None
    text, name = ("text", "name") if lang == "en" else ("text_ja", "name_ja")
    said: dict[str, str] = {row["sentence_id"].removeprefix("measures."): row[text] for row in ds.rows("sentences")}
    imposing, targeted = (translator(lang).place(record[side]) for side in ("imposing", "targeted"))
    products = [ds.one("products", product=product)[name] for product in record["products"].split(";")]
    rule = said[f"rule.{record['kind']}"].format(
        imposing=imposing,
        targeted=said["everyone"] if record["targeted"] == "WLD" else targeted,
        products="; ".join(_inside(product) for product in products) if lang == "en" else "、".join(products),
    )
    return said[change.kind].format(date=change.on.isoformat(), evidence_date=record["last_evidence_date"], rule=rule)


def _inside(name: str) -> str:
    """A product's name within a sentence: `Gallium` is written small, `NdFeB magnet` is not."""
    return name[0].lower() + name[1:] if name[1:2].islower() and not name[2:3].isupper() else name


def _by_state(rows: Iterable[Record]) -> list[dict[str, Any]]:
    counts = Counter((row["state"], row["touches"]) for row in rows)
    return [{"state": state, "touches": touches, "measures": n} for (state, touches), n in sorted(counts.items())]


def _warnings(rows: Iterable[Record]) -> list[str]:
    lapsed = [row for row in rows if row["flag"] == "state_unknown"]
    by_day = Counter(row["next_change_date"] for row in lapsed)
    return [
        f"The suspension of {count} measure{'s' if count > 1 else ''} ran out on {day} and no later report was found: "
        "their state is unknown, treat them as possibly back in force."
        for day, count in sorted(by_day.items())
    ]


FIELDS = (
    Field("measure_id", "", "the measure"),
    Field("imposing", "", "who imposes it"),
    Field("targeted", "", "whom it is aimed at; WLD is everyone"),
    Field("touches", "", "how it reaches the parties: named, everyone, own, others"),
    Field("products", "", "products covered"),
    Field("kind", "", "ban, licence, tax, quota, technology_ban or extraterritorial_licence"),
    Field("class", "", "export_restraint, import_measure or entity_list; floors stand in the table calendar"),
    Field("hs_codes", "", "codes of HS 2022 under which its products go; a code may cover more"),
    Field("announced_date", "", "announced"),
    Field("effective_date", "", "in force from"),
    Field("suspended_from_date", "", "first day of the suspension"),
    Field("suspended_until_date", "", "last day of the suspension"),
    Field("end_date", "", "day on which the measure, or its suspension, runs out or ran out"),
    Field("status", "", "status on the day asked about, in the words of the table"),
    Field("state", "", "the same, with possibly_back where a suspension ran out and nothing later was found"),
    Field("status_recorded", "", "status in the table, from the evidence"),
    Field("next_change", "", "suspension_ends, suspension_ended, ends or takes_effect"),
    Field("next_change_date", "", "day of that change"),
    Field("days_to_change", "days", "days from the day asked about to that change, negative if it is past"),
    Field("days_to_lapse", "days", "the same where a suspension or the measure itself runs out"),
    Field("flag", "", "state_unknown, lapses_soon or starts_soon"),
    Field("lapse_effect", "", "what the change does"),
    Field("lapse_effect_ja", "", "the same in Japanese"),
    Field("lapse_effect_key", "", "row of `sentences` that says it"),
    Field("observed_effect", "", "what was seen of the measure's effect"),
    Field("evidence_date", "", "date of the last evidence"),
    Field("evidence_age_days", "days", "age of that evidence on the day asked about"),
    Field("note", "", "what else should be known"),
    Field("source_ids", "", "sources"),
)
