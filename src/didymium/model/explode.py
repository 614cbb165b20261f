"""What a tonne of use needs at every stage: demand exploded back through the recipes of the chain."""

from __future__ import annotations

from collections.abc import Mapping

from didymium.scenario.inputs import Chain

ELEMENTS = {"ndpr": "NdPr", "dy": "Dy", "tb": "Tb"}
MADE = ("metal", "alloy", "blank", "magnet")
STEPS = ("magnet", "alloy", "metal", "separated", "mine")


def element_of(product: str) -> str:
    """Element of an oxide or metal; `all` for alloy and magnets.

    >>> element_of("dy_metal"), element_of("ndfeb_alloy")
    ('Dy', 'all')
    """
    return ELEMENTS.get(product.split("_")[0], "all")


def need_per_tonne(chain: Chain, product: str) -> Mapping[tuple[str, str], float]:
    """Tonnes at each (stage, product) for one tonne of a finished magnet.

    Both grades of alloy and magnet count as one product. The mine stage is counted as oxide contained in concentrate:
    the separated oxide over the recovery of separation.
    """
    makers = {p: process for process in chain.processes if process.stage in MADE for p in process.outputs}
    need: dict[tuple[str, str], float] = {}
    todo = [(product, 1.0)]
    while todo:
        wanted, tonnes = todo.pop()
        if wanted not in makers:
            need["separated", wanted] = need.get(("separated", wanted), 0.0) + tonnes
            need["mine", wanted] = need.get(("mine", wanted), 0.0) + tonnes / recovery(chain)
            continue
        process = makers[wanted]
        if process.stage != "blank":
            key = (process.stage, wanted.removesuffix("_std").removesuffix("_ht"))
            need[key] = need.get(key, 0.0) + tonnes
        run = tonnes / process.outputs[wanted]
        todo.extend((p, run * q) for p, q in process.inputs.items())
    return need


def recovery(chain: Chain) -> float:
    """Lowest recovery of the separation recipes: it keeps the need for ore on the safe side."""
    return min(p.recovery for p in chain.processes if p.process_id.startswith("sep_"))


def output_by_stage(chain: Chain, activity: Mapping[tuple[str, str], float]) -> dict[tuple[str, str, str], float]:
    """Tonnes a year at each (stage, product, region), in the ledger's products, from activity levels.

    Mines count as the oxides contained in their ore; recycled oxide counts as separated.
    """
    recipes = {p.process_id: p for p in chain.processes}
    of_ore = {ore: recipes[f"sep_{ore.partition(':')[2]}"] for ore in chain.products if ":" in ore}
    made: dict[tuple[str, str, str], float] = {}

    def add(stage: str, product: str, region: str, tonnes: float) -> None:
        key = (stage, product, region)
        made[key] = made.get(key, 0.0) + tonnes

    for (process_id, region), level in activity.items():
        process = recipes[process_id]
        for product, quantity in process.outputs.items():
            if process.stage == "mine":
                separated = of_ore[product]
                for oxide, share in separated.outputs.items():
                    add("mine", oxide, region, level * quantity * share / separated.recovery)
            elif process.stage != "blank" and not product.startswith("ndfeb_swarf"):
                add(process.stage, product.removesuffix("_std").removesuffix("_ht"), region, level * quantity)
    return made
