"""A name for each row and column of a network's programme: `balance[dy_oxide,JPN,2026-12]`.

The word before the bracket is the equation or the variable as docs/method/network.md calls it; in the bracket stand the
labels of its members and the month. Exported programmes carry these names, and conflicts are explained from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from didymium.model.network import SupplyNetwork
from didymium.model.tracked import TrackedNetwork

Labels = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """One row or column in words: its group, and its labels with the month as the last (if it has one)."""

    group: str
    labels: Labels

    def __str__(self) -> str:
        return f"{self.group}[{','.join(_plain(label) for label in self.labels)}]"


def rows(network: SupplyNetwork, months: Sequence[str]) -> list[Named]:
    """Names of all rows, in their order. `months` labels the months of the network's grid."""
    chain, lay = network.chain, network.layout
    groups: tuple[tuple[str, Iterable[Labels]], ...] = (
        ("balance", lay.nodes),
        ("use_balance", chain.uses),
        ("ramp", chain.activities),
        ("diversion", tuple(dict.fromkeys((product, origin) for product, origin, _ in chain.arcs))),
    )
    named = [
        Named(group, (*labels, month))
        for month in _grid(network, months)
        for group, members in groups
        for labels in members
    ]
    named += [Named("public_stock", labels) for labels in _public(network)]
    if isinstance(network, TrackedNetwork):
        clean = _clean(network)
        limited = [chain.arcs[network.flows[i]] for i in network.limited]
        for month in months:
            named += [Named("clean_balance", (*lay.nodes[n], month)) for n in network.stocks]
            named += [Named("clean_part", (group, *labels, month)) for group, labels in clean]
            named += [Named("origin_limit", (*labels, month)) for labels in limited]
    return named


def columns(network: SupplyNetwork, months: Sequence[str]) -> list[Named]:
    """Names of all columns, in their order. Bands of unserved demand are numbered as they give way."""
    chain, lay = network.chain, network.layout
    banded = tuple((*use, f"band{b}") for use in chain.uses for b in range(lay.bands))
    groups: tuple[tuple[str, Iterable[Labels]], ...] = (
        ("usual", chain.activities),
        ("extra", chain.activities),
        ("flow", chain.arcs),
        ("delivery", chain.uses),
        ("pool", lay.nodes),
        ("user_stock", chain.uses),
        ("unserved", banded),
        ("surplus", lay.nodes),
        ("release", _public(network)),
        ("unrecorded", [lay.nodes[int(node)] for node in network.unrecorded_nodes]),
    )
    placed = sorted(groups, key=lambda g: lay.offset(g[0]))
    named = [
        Named(group, (*labels, month))
        for month in _grid(network, months)
        for group, members in placed
        for labels in members
    ]
    if isinstance(network, TrackedNetwork):
        clean = _clean(network)
        named += [Named(f"clean_{group}", (*labels, month)) for month in months for group, labels in clean]
    return named


def _clean(network: TrackedNetwork) -> list[tuple[str, Labels]]:
    """Group and labels of the clean columns of a month: runs, flows, stocks, releases."""
    chain, nodes = network.chain, network.layout.nodes
    return [
        *(("run", chain.activities[a]) for a in network.runs),
        *(("flow", chain.arcs[e]) for e in network.flows),
        *(("pool", nodes[n]) for n in network.stocks),
        *(("release", labels) for labels in _public(network)),
    ]


def _public(network: SupplyNetwork) -> list[Labels]:
    return [network.layout.nodes[int(node)] for node in network.public_nodes]


def _grid(network: SupplyNetwork, months: Sequence[str]) -> Sequence[str]:
    if len(months) != network.layout.months:
        raise ValueError(f"{len(months)} labels for {network.layout.months} months")
    return months


def _plain(label: str) -> str:
    """A label without what would break a name in a file of another program."""
    return "_".join(label.replace(",", ";").split())
