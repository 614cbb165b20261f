"""Why inputs have no answer, by product, region and month: which limit would have to give way, and by how much.

The engine finds the least relaxation of the bounds (`didymium.engine.relax`) and names rows and columns by number. Here
they become the words of the network.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from didymium.engine import InfeasibleProgramme, Violation
from didymium.errors import Infeasible
from didymium.model import names
from didymium.model.names import Named
from didymium.model.network import Quantities, SupplyNetwork

SHOWN = 3  # in the message itself
LISTED = 50  # in the list under it

# What each bound means, by its group; labels fill the places in their order, the direction follows.
_WORDS = {
    "balance": "balance of {0} in {1} in {2}: {amount} t would have to {vanish}",
    "use_balance": "demand of {0} in {1} for {2} in {3}: {amount} t {less}",
    "ramp": "rise of {0} in {1} in {2}: {amount} t {more} than its ramp allows",
    "public_stock": "public stock of {0} in {1}: {amount} t {more} than is there",
    "usual": "output of {0} in {1} in {2}: {amount} t {more} than its usual level",
    "extra": "output of {0} in {1} in {2}: {amount} t {more} than its capacity",
    "diversion": "exports of {0} from {1} in {2}: {amount} t {more} than its limit",
    "flow": "flow of {0} from {1} to {2} in {3}: {amount} t {more} than its limit",
    "pool": "stock of {0} in {1} in {2}: {amount} t {more} than is held",
    "user_stock": "users' stock of {0} in {1} for {2} in {3}: {amount} t {more} than is held",
    "unrecorded": "unrecorded use of {0} in {1} in {2}: {amount} t {more} than in the base year",
    "unserved": "unserved demand of {0} in {1} for {2}, {3}, in {4}: {amount} t {more} than the band is wide",
}
_LIMITS = {
    "usual": "usual output of {0} in {1} in {2}",
    "extra": "capacity of {0} in {1} beyond its usual output in {2}",
    "flow": "limit of the flow of {0} from {1} to {2} in {3}",
    "pool": "normal stock of {0} in {1} in {2}",
    "user_stock": "normal users' stock of {0} in {1} for {2} in {3}",
    "unrecorded": "unrecorded use of {0} in {1} in {2}",
    "unserved": "width of {3} of the demand of {0} in {1} for {2} in {4}",
}


def explained(found: InfeasibleProgramme, network: SupplyNetwork, months: Sequence[str]) -> Infeasible:
    """The contradiction in words, largest relative violation first; `months` labels the network's grid."""
    rows, columns = names.rows(network, months), names.columns(network, months)

    def words(violation: Violation) -> str:
        named = rows[violation.index] if violation.kind == "row" else columns[violation.index]
        return conflict(named, violation.amount)

    lines = [words(violation) for violation in found.violations]
    return _told("the inputs contradict each other", lines, "These changes together are the least that would mend it.")


def conflict(named: Named, amount: float) -> str:
    """One bound that would have to give way by `amount` [t], above its upper (> 0) or below its lower side (< 0).

    >>> conflict(Named("public_stock", ("dy_metal", "JPN")), -5.0)
    'public stock of dy_metal in JPN: 5 t less than is there'
    """
    up = amount > 0
    text = _WORDS.get(named.group, f"{named}: {{amount}} t {{more}} than its limit")
    return text.format(
        *named.labels,
        amount=f"{abs(amount):.4g}",
        more="more" if up else "less",
        less="more would have to be wanted" if up else "would have to be given up",
        vanish="vanish" if up else "come from nowhere",
    )


def refuse_crossed(network: SupplyNetwork, q: Quantities, months: Sequence[str]) -> None:
    """Raise Infeasible where a limit is below zero, so that not even standing still is allowed."""
    lower, upper = network.column_bounds(q)
    at = np.flatnonzero(lower > upper)
    if at.size:
        named = names.columns(network, months)
        lines = [f"{_LIMITS[named[k].group].format(*named[k].labels)} is {upper[k]:.4g} t, below zero" for k in at]
        raise _told("the inputs allow nothing", lines, "Check the assumptions, figures and layers that set it.")


def _told(what: str, lines: Sequence[str], cure: str) -> Infeasible:
    more = f" and {len(lines) - SHOWN} more" if len(lines) > SHOWN else ""
    listed = [*lines[:LISTED], *([f"… and {len(lines) - LISTED} more"] if len(lines) > LISTED else [])]
    return Infeasible(f"{what}: {'; '.join(lines[:SHOWN])}{more}.", where="supply network", cure=cure, conflicts=listed)
