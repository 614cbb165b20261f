"""A plant where nobody makes its product yet: the chain is opened for it, the base year stays as it is.

The process is one that makes the product elsewhere. In the base year it stands still in the new place and its new
routes carry nothing, as an observation and errors around zero say; what is built there later ships like any new
supplier once it is qualified.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from didymium.scenario.inputs import Chain, Floats, Inputs, Observation

STILL = 1e-6  # standard error around no output [units of the model a year]


def opened(inputs: Inputs, product: str, region: str) -> Inputs:
    """The inputs with a plant for a product in a region, at the end of activities and routes; itself if one is there.

    Of the ways to make it the one that runs most widely is taken, without recycling.
    """
    chain = inputs.chain
    makes = [p for p in chain.processes if next(iter(p.outputs)) == product and "recycling" not in p.process_id]
    if any((p.process_id, region) in chain.activities for p in makes):
        return inputs
    made = {q for process_id, r in chain.activities if r == region for q in chain.process(process_id).outputs}
    able = [p for p in makes if set(p.inputs) <= made or all(_reaches(chain, q, region) for q in p.inputs)]
    if not able:
        return inputs
    process = max(able, key=lambda p: sum(a == p.process_id for a, _ in chain.activities))
    takers = {r for p, r, _ in chain.uses if p == product} | {
        r for process_id, r in chain.activities if product in chain.process(process_id).inputs
    }
    arcs = tuple(
        (product, region, taker) for taker in sorted(takers - {region}) if (product, region, taker) not in chain.arcs
    )
    first = len(chain.activities)
    return replace(
        inputs,
        chain=replace(chain, activities=(*chain.activities, (process.process_id, region)), arcs=(*chain.arcs, *arcs)),
        observations=(*inputs.observations, _still(inputs, product, region, first)),
        unseen={**inputs.unseen, **{len(chain.arcs) + e: STILL for e in range(len(arcs))}},
        availability=_longer(inputs.availability, 1.0),
        spare=np.append(inputs.spare, 0.0),
        new_capacity=_longer(inputs.new_capacity, 0.0),
        ramp=np.append(inputs.ramp, 1.0),
    )


def _reaches(chain: Chain, product: str, region: str) -> bool:
    return any(p == product and d == region for p, _, d in chain.arcs)


def _longer(rows: Floats, value: float) -> Floats:
    return np.vstack([rows, np.full((1, rows.shape[1]), value)])


def _still(inputs: Inputs, product: str, region: str, activity: int) -> Observation:
    return Observation(
        kind="production",
        product=product,
        stage=inputs.chain.product_stage[product],
        place=region,
        partner="",
        year=inputs.base_year,
        value=0.0,
        sigma=STILL,
        confidence="high",
        terms=(("activity", activity, 1.0),),
        row_ids=(),
        source_ids=(),
        note="no plant in the base year",
    )
