"""What would the model have said of past measures, and what happened?

Data → observed effects → a replay of each, by the network or as the price of one market → inside its band? → score.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

import didymium
from didymium.data import Dataset
from didymium.results import Field, Result, Row
from didymium.studies.backtest_replays import Sample, network_samples, price_sample

Record = Mapping[str, Any]

FIELDS = (
    Field("modelled", "see unit", "Median over the draws; empty = not within the run"),
    Field("modelled_p10", "see unit", "Tenth percentile"),
    Field("modelled_p90", "see unit", "Ninetieth percentile; empty = not within the run"),
    Field("observed", "see unit", "What was seen"),
    Field("observed_low", "see unit", "Low end of what was seen"),
    Field("observed_high", "see unit", "High end; empty = the source says `more than`"),
    Field("error_factor", "factor", "Median over observed, or the reverse: 1 is exact"),
    Field(
        "implied_elasticity", "dimensionless", "Answer of use, other supply and stocks that gives the observed price"
    ),
    Field("rationed_share", "share", "Draws of a price that end in rationing at the choke price"),
    Field("inside_share", "share", "Part of the replays whose observation lies inside P10 to P90"),
)
WARNINGS = (
    "A price response under stated elasticities is no forecast.",
    "Replays with a recorded shock know the later flows: they test the response, not the foresight.",
    "The base years are balanced on the tables of today; hindsight is named row by row.",
)
NOT_SCORED = "published_price_ratio"  # another model's result is no observation


def backtest(
    ds: Dataset, *, draws: int = 10, seed: int = 0, progress: Callable[[int, int], None] | None = None
) -> Result:
    """Every replay of the table `replays` against its observed effect, the score, and what is not replayed.

    `draws` are those of the network, each with foresight and without; a price takes 400 of its own.
    """
    effects = {row["effect_id"]: row for row in ds.rows("observed_effects")}
    replays = ds.rows("replays")
    pairs = [(row, effects[row["effect_id"]]) for row in replays]
    rows = [_row(replay, effect, sample) for replay, effect, sample in _sampled(ds, pairs, draws, seed, progress)]
    rows.sort(key=lambda row: (row["date"], row["replay_id"]))
    assumed = [row for row in ds.rows("assumptions") if {"stress", "backtest"} & set(row["used_by"].split(";"))]
    return Result.of(
        "backtest",
        request={"draws": draws, "seed": seed},
        dataset=ds.describe(),
        code_version=didymium.__version__,
        rows=rows,
        fields=FIELDS,
        tables={"score": _score(rows), "not_replayed": _not_replayed(effects.values())},
        warnings=WARNINGS,
        assumptions=[row["assumption_id"] for row in assumed],
        source_ids=sorted({s for row in rows for s in row["source_ids"]}),
    )


def _sampled(
    ds: Dataset,
    pairs: Sequence[tuple[Record, Record]],
    draws: int,
    seed: int,
    progress: Callable[[int, int], None] | None,
) -> Iterator[tuple[Record, Record, Sample]]:
    """Each replay with its sample, in the order of the table."""
    scenarios = dict.fromkeys(replay["scenario"] for replay, _ in pairs if replay["method"] == "network")
    prices = [replay for replay, _ in pairs if replay["method"] == "price_response"]
    done, total = 0, len(prices) + draws * len(scenarios)

    def report() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, total)

    samples: dict[str, Sample] = {}
    for replay in prices:
        samples[replay["replay_id"]] = price_sample(ds, replay, seed)
        report()
    for scenario in scenarios:
        of = [pair for pair in pairs if pair[0]["scenario"] == scenario]
        samples |= network_samples(ds, scenario, of, draws, seed, report)
    for replay, effect in pairs:
        yield replay, effect, samples[replay["replay_id"]]


def _row(replay: Record, effect: Record, sample: Sample) -> dict[str, Any]:
    p10, p50, p90 = (_finite(np.quantile(sample.values, q, method="lower")) for q in (0.1, 0.5, 0.9))
    value = float(effect["value"])
    low = value if effect["low"] is None else float(effect["low"])
    high = None if _is_open_above(effect) else float(effect["high"] or value)
    return {
        "replay_id": replay["replay_id"],
        "measure_id": effect["measure_id"],
        "event": effect["name"],
        "event_ja": effect["name_ja"],
        "product": effect["product"],
        "place": effect["place"],
        "quantity": effect["quantity"],
        "unit": effect["unit"],
        "date": effect["date"],
        "method": replay["method"],
        "shock": replay["shock"],
        "base_year": replay["base_year"],
        "modelled": p50,
        "modelled_p10": p10,
        "modelled_p90": p90,
        "modelled_status": "modelled" if p50 is not None else "not within the run",
        "rationed_share": sample.rationed_share,
        "observed": value,
        "observed_low": low,
        "observed_high": high,
        "verdict": verdict(p10, p90, value, low, high),
        "error_factor": None if p50 is None or p50 <= 0 else float(np.exp(abs(np.log(p50 / value)))),
        "implied_elasticity": _implied_elasticity(replay, value),
        "is_circular": bool(replay["is_circular"]),
        "is_scored": not replay["is_circular"] and effect["quantity"] != NOT_SCORED,
        "hindsight": replay["hindsight"],
        "hindsight_ja": replay["hindsight_ja"],
        "reason": replay["reason"],
        "reason_ja": replay["reason_ja"],
        "confidence": effect["confidence"],
        "source_ids": sorted({effect["source_id"], replay["source_id"]}),
    }


def verdict(p10: float | None, p90: float | None, value: float, low: float, high: float | None) -> str:
    """Where the observation lies: `inside` P10 to P90, `touches` it with its own range, `above` or `below` the band.

    A percentile of None lies beyond the run, a high end of None beyond what the source says.

    >>> verdict(1.2, 3.0, 2.0, 1.5, 2.5), verdict(1.2, 3.0, 3.1, 2.8, 3.4), verdict(1.2, 3.0, 4.0, 4.0, None)
    ('inside', 'touches', 'above')
    """
    least, most = (np.inf if p is None else p for p in (p10, p90))
    if least <= value <= most:
        return "inside"
    if low <= most and (np.inf if high is None else high) >= least:
        return "touches"
    return "above" if value > most else "below"


def _implied_elasticity(replay: Record, observed: float) -> float | None:
    """What use, other supply and stocks would have to answer together for the loss to give the observed price."""
    if replay["method"] != "price_response" or observed <= 1:
        return None
    lost = replay["lost_share"] * replay["disrupted"] / (replay["disrupted"] + replay["others"])
    return float(np.log(1 - lost) / np.log(observed)) if lost < 1 else None


def _is_open_above(effect: Record) -> bool:
    """Whether the source says `more than`: a low end and no high end."""
    return effect["low"] is not None and effect["high"] is None


def _finite(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None


def _score(rows: Sequence[Record]) -> Iterator[Row]:
    """How many are inside, how far off the medians are, and whether steep rises are told from flat ones, by kind."""
    scored = [row for row in rows if row["is_scored"]]
    kinds: list[tuple[str, list[Record]]] = [("all", scored)]
    kinds += [(shock, [r for r in scored if r["shock"] == shock]) for shock in ("announced", "open", "recorded")]
    kinds += [(method, [r for r in scored if r["method"] == method]) for method in ("price_response", "network")]
    for kind, of in kinds:
        told = [row for row in of if row["modelled"] is not None]
        errors = [row["error_factor"] for row in of if row["error_factor"] is not None]
        widths = [
            row["modelled_p90"] / row["modelled_p10"] for row in told if row["modelled_p90"] and row["modelled_p10"]
        ]
        implied = [row["implied_elasticity"] for row in of if row["implied_elasticity"] is not None]
        yield {
            "kind": kind,
            "replays": len(of),
            "inside": sum(row["verdict"] == "inside" for row in of),
            "touches": sum(row["verdict"] == "touches" for row in of),
            "above": sum(row["verdict"] == "above" for row in of),
            "below": sum(row["verdict"] == "below" for row in of),
            "inside_share": sum(row["verdict"] == "inside" for row in of) / len(of) if of else None,
            "error_factor": float(np.median(errors)) if errors else None,
            "error_factor_p90": float(np.quantile(errors, 0.9)) if errors else None,
            "band_factor": float(np.median(widths)) if widths else None,
            "rank_correlation": _rank_correlation(told),
            "implied_elasticity": float(np.median(implied)) if implied else None,
        }


def _rank_correlation(rows: Sequence[Record]) -> float | None:
    """Spearman's correlation of medians and observations; None for fewer than five, or where all are equal."""
    from scipy.stats import spearmanr

    modelled, observed = [row["modelled"] for row in rows], [row["observed"] for row in rows]
    if len(rows) < 5 or len(set(modelled)) == 1 or len(set(observed)) == 1:
        return None
    return float(spearmanr(modelled, observed).statistic)


def _not_replayed(effects: Any) -> Iterator[Row]:
    for effect in effects:
        if effect["not_replayed"]:
            yield {
                "effect_id": effect["effect_id"],
                "measure_id": effect["measure_id"],
                "event": effect["name"],
                "event_ja": effect["name_ja"],
                "quantity": effect["quantity"],
                "observed": effect["value"],
                "unit": effect["unit"],
                "not_replayed": effect["not_replayed"],
                "not_replayed_ja": effect["not_replayed_ja"],
                "source_ids": [effect["source_id"]],
            }
