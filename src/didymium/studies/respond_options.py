"""What can be done when supply is cut: each option is a small pure change of `Inputs`, never a copy of the chain.

Every option relaxes a limit or lowers a cost of the programme, so that under coordinated foresight none of them can
make its objective worse. Size and delay of an option are assumptions with ranges; size 0 changes nothing. A month in
which an option begins counts in part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, replace

import numpy as np

from didymium.scenario.inputs import Band, Floats, Inputs

DAYS_A_MONTH = 365.25 / 12

Sizes = Mapping[str, float]
NONE_SAID: Mapping[str, float] = {}


@dataclass(frozen=True, slots=True)
class Option:
    """One thing that can be done: `change` takes inputs, a size and the part of each month in which it acts.

    `why_not` names the reason if it is void.
    """

    name: str
    assumption: str  # row of `assumptions` that holds its size and range
    change: Callable[[Inputs, float, Floats], Inputs]
    why_not: Callable[[Inputs], str]


def locked(inputs: Inputs) -> Inputs:
    """The inputs with every public stock kept shut: the state against which the options are held."""
    return replace(inputs, public_cover_days=dict.fromkeys(inputs.public_cover_days, 0.0))


def acting(inputs: Inputs, days: float) -> Floats:
    """The part of each month in which something acts that begins `days` after the first day of the run, (month,)."""
    month = np.arange(len(inputs.months), dtype=np.float64)
    part: Floats = np.clip(month + 1 - max(days, 0.0) / DAYS_A_MONTH, 0.0, 1.0)
    return part


def release(inputs: Inputs, size: float, stock: Mapping[tuple[str, str], float], part: Floats | None = None) -> Inputs:
    """Open the share `size` of each public stock: `stock` holds its days of need."""
    return replace(
        inputs, public_cover_days={place: days * size for place, days in stock.items()}, open_part=_late(part)
    )


def licence(inputs: Inputs, size: float, part: Floats | None = None) -> Inputs:
    """Raise the share of exports that passes by `size`, to 1 at most, in the months in which a cut holds."""
    push = size * (np.ones(len(inputs.months)) if part is None else part)

    def raised(factor: Floats) -> Floats:
        return np.where(factor < 1, np.minimum(factor + push[:, None], 1.0), factor)

    return replace(
        inputs,
        restrictions=tuple(replace(r, factor=raised(r.factor)) for r in inputs.restrictions),
        origin_restrictions=tuple(replace(r, factor=raised(r.factor)) for r in inputs.origin_restrictions),
    )


def swing(inputs: Inputs, size: float, hit: Set[str], part: Floats | None = None) -> Inputs:
    """Raise the spare output of every plant outside the places `hit` by `size` of its base output."""
    partner = size * np.array([region not in hit for _, region in inputs.chain.activities])
    late = _late(part)
    if late is None:
        return replace(inputs, spare=inputs.spare + partner)
    return replace(inputs, spare=inputs.spare[:, None] + partner[:, None] * late)


def substitution(
    inputs: Inputs, size: float, most: Mapping[str, float] = NONE_SAID, part: Floats | None = None
) -> Inputs:
    """Widen the flexible part of every use by the share `size` of the use, at the expense of the firm part.

    `most` bounds it by sector: how far a substitute can take over at all, where the table `substitution` says.
    """

    def widened(bands: tuple[Band, ...], wanted: float) -> tuple[Band, ...]:
        flexible, *firm = bands
        left = sum(band.width for band in firm)
        more = min(wanted, left)
        kept = 1.0 if left <= 0 else (left - more) / left
        return replace(flexible, width=flexible.width + more), *(replace(b, width=b.width * kept) for b in firm)

    late = _late(part)
    return replace(
        inputs,
        bands={sector: widened(bands, min(size, most.get(sector, 1.0))) for sector, bands in inputs.bands.items()},
        bands_before={} if late is None else inputs.bands,
        bands_part=late,
    )


def acceleration(inputs: Inputs, size: float, rising: Floats, part: Floats | None = None) -> Inputs:
    """Bring the output of plants that ramp or are being built forward by `size` months.

    `rising` (activity, month) is what they add [t/month] as planned, over the months of the run and some after it.
    """
    month = np.arange(rising.shape[1], dtype=np.float64)
    run = month[: len(inputs.months)] + size
    early = np.array([np.interp(run, month, row) for row in rising]).reshape(inputs.new_capacity.shape)
    more = np.maximum(early - inputs.new_capacity, 0.0) * (1.0 if part is None else part)
    return replace(inputs, new_capacity=inputs.new_capacity + more)


def _late(part: Floats | None) -> Floats | None:
    """The parts of months where something acts late in some; None where it acts in all months whole."""
    return None if part is None or bool((part >= 1.0).all()) else part


def options(
    event: Inputs, *, rising: Floats | None = None, most: Mapping[str, float] = NONE_SAID
) -> tuple[Option, ...]:
    """The options in an event. Its stocks and the places it hits are fixed here: the order of options has no effect.

    `rising`: see `acceleration`; without it nothing that rises after the run is brought into it. `most`: see
    `substitution`.
    """
    stock, hit = event.public_cover_days, sources_hit(event)
    planned = event.new_capacity if rising is None else rising
    return (
        Option(
            "release",
            "respond_release_share",
            lambda inputs, size, part: release(inputs, size, stock, part),
            lambda inputs: "" if any(stock.values()) else "no_public_stock",
        ),
        Option(
            "licence",
            "respond_licence_share",
            licence,
            lambda inputs: "" if _is_cut(inputs) else "no_cut",
        ),
        Option(
            "swing", "respond_swing_share", lambda inputs, size, part: swing(inputs, size, hit, part), lambda inputs: ""
        ),
        Option(
            "substitution",
            "respond_substitution_share",
            lambda inputs, size, part: substitution(inputs, size, most, part),
            lambda inputs: "",
        ),
        Option(
            "acceleration",
            "respond_acceleration_months",
            lambda inputs, size, part: acceleration(inputs, size, planned, part),
            lambda inputs: "" if planned.any() else "no_rising_plant",
        ),
    )


def applied(
    inputs: Inputs, chosen: tuple[Option, ...], sizes: Sizes, begins: Mapping[str, float] = NONE_SAID
) -> Inputs:
    """The inputs with some options taken at their sizes; `begins`: days from the first of the run until one acts."""
    for option in chosen:
        inputs = option.change(inputs, sizes[option.name], acting(inputs, begins.get(option.name, 0.0)))
    return inputs


def _is_cut(inputs: Inputs) -> bool:
    return any(bool((factor < 1).any()) for factor in _factors(inputs))


def _factors(inputs: Inputs) -> tuple[Floats, ...]:
    """The shares that pass, of cuts by exporter and by origin."""
    return *(r.factor for r in inputs.restrictions), *(r.factor for r in inputs.origin_restrictions)


def sources_hit(inputs: Inputs) -> set[str]:
    """Places whose exports are cut or whose plants stand still, and those whose content is followed."""
    cut = {inputs.chain.arcs[e][1] for r in inputs.restrictions if (r.factor < 1).any() for e in r.arcs}
    still = {
        region
        for (_, region), stands in zip(inputs.chain.activities, inputs.availability, strict=True)
        if (stands < 1).any()
    }
    return cut | still | set(inputs.track_origin)
