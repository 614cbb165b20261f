"""Results → Brief: the document as a value, in one language, as of one day."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence

import didymium
from didymium.brief import chain, front, method, money, record, shock
from didymium.brief.desk import Desk, SourceTable, merged
from didymium.brief.document import Brief
from didymium.i18n import dataset_names, translator
from didymium.results import Result, layer_notices, run_id


def build(
    results: Mapping[str, Result | Sequence[Result]],
    *,
    dataset: SourceTable,
    parties: Sequence[str],
    as_of: datetime.date,
    lang: str = "en",
    limits: Iterable[str] = (),
) -> Brief:
    """Write the brief of a pair of parties from the results of the studies.

    Parameters
    ----------
    results
        By command: exposure, stress (one result or one for each scenario), gaps, projects, finance, commitments,
        measures, reconcile. A study that is missing, or that found nothing, is said to be so on the page.
    dataset
        Names places and products, and describes the sources that the rows cite.
    limits
        What the model leaves out, one sentence each; they stand under "Not modelled".
    """
    t = translator(lang, dataset_names(dataset, lang))
    at_hand = {command: merged(result) for command, result in results.items()}
    desk = Desk(results=at_hand, dataset=dataset, t=t, parties=tuple(parties), as_of=as_of, limits=tuple(limits))
    described = dataset.describe()
    sections = (
        front.summary(desk, layer_notices(described, t)),
        record.situation(desk),
        chain.exposure(desk),
        shock.what_breaks(desk),
        chain.gaps(desk),
        record.projects(desk),
        money.finance(desk),
        record.commitments(desk),
        shock.assumptions(desk),
        chain.reconcile(desk),
        method.method(desk),
    )
    made = method.runs(desk)
    request = {
        "parties": list(parties),
        "as_of": as_of.isoformat(),
        "lang": lang,
        "runs": [r.run_id for r in made],
        "limits": list(limits),
    }
    names = t.places(parties)
    return Brief(
        id=run_id("brief", request, str(described["id"]), didymium.__version__),
        lang=lang,
        title=t("Rare-earth magnets: exposure, disruption, gaps and projects"),
        subtitle=t("Brief for {parties}, as of {date}", parties=names, date=t.date(as_of)),
        parties=tuple(parties),
        as_of=as_of,
        dataset=f"{described.get('version', '')} ({str(described['id'])[:12]})",
        version=didymium.__version__,
        runs=made,
        sections=sections,
        sources=desk.sources(),
        warnings=tuple(w for r in at_hand.values() for w in r.warnings),
        words=t,
    )
