"""Need and output at every stage, by hand on a chain of one grade."""

from __future__ import annotations

import pytest
from small_chain import SmallChain

from didymium.model.explode import element_of, need_per_tonne, output_by_stage, recovery
from didymium.scenario.inputs import Process


def magnet_chain() -> SmallChain:
    """Ore with 20 % Nd and 1 % Dy; metal from 1.2 t oxide; alloy with 30 % Nd and 2 % Dy; a tenth lost in each of two
    last steps.
    """
    chain = SmallChain()
    chain.processes["sep_clay"] = Process(
        "sep_clay", "separated", {"ore:clay": 1.0}, {"nd_oxide": 0.18, "dy_oxide": 0.009}, (), 0.9
    )
    chain.process("mine_clay", "mine", {}, {"ore:clay": 1.0})
    chain.process("red_nd", "metal", {"nd_oxide": 1.2}, {"nd_metal": 1.0}).process(
        "red_dy", "metal", {"dy_oxide": 1.2}, {"dy_metal": 1.0}
    )
    chain.process("alloy_ht", "alloy", {"nd_metal": 0.3, "dy_metal": 0.02}, {"alloy_ht": 1.0})
    chain.process("sinter_ht", "blank", {"alloy_ht": 1 / 0.9}, {"blank_ht": 1.0})
    chain.process("machine_ht", "magnet", {"blank_ht": 1 / 0.9}, {"magnet_ht": 1.0, "ndfeb_swarf_ht": 0.1})
    chain.process("recycle_ht", "separated", {"ndfeb_swarf_ht": 1.0}, {"nd_oxide": 0.25})
    return chain


def test_a_tonne_of_magnets_exploded_by_hand() -> None:
    """1 t magnet takes 1 / 0.81 = 1.234568 t alloy, with 0.370370 t Nd and 0.0246914 t Dy metal.

    As oxide 1.2 times that, 0.444444 and 0.0296296 t; in ore that separation recovers to 90 %: 0.493827 and 0.0329218
    t.
    """
    need = need_per_tonne(magnet_chain().chain, "magnet_ht")
    assert need == pytest.approx(
        {
            ("magnet", "magnet"): 1.0,
            ("alloy", "alloy"): 1 / 0.81,
            ("metal", "nd_metal"): 0.3 / 0.81,
            ("metal", "dy_metal"): 0.02 / 0.81,
            ("separated", "nd_oxide"): 0.36 / 0.81,
            ("separated", "dy_oxide"): 0.024 / 0.81,
            ("mine", "nd_oxide"): 0.36 / 0.81 / 0.9,
            ("mine", "dy_oxide"): 0.024 / 0.81 / 0.9,
        }
    )


def test_the_lowest_recovery_counts_for_ore() -> None:
    chain = magnet_chain()
    chain.processes["sep_hard"] = Process("sep_hard", "separated", {"ore:hard": 1.0}, {"nd_oxide": 0.1}, (), 0.75)
    assert recovery(chain.chain) == 0.75


def test_output_counts_ore_by_its_oxides_and_swarf_as_what_it_returns() -> None:
    """100 t of ore hold 20 t Nd and 1 t Dy oxide, of which 18 and 0.9 t are separated; 5 t of swarf give 1.25 t Nd
    oxide back.
    """
    levels = {
        ("mine_clay", "MMR"): 100.0,
        ("sep_clay", "CHN"): 100.0,
        ("recycle_ht", "CHN"): 5.0,
        ("red_nd", "CHN"): 12.0,
        ("sinter_ht", "CHN"): 40.0,
        ("machine_ht", "CHN"): 36.0,
    }
    made = output_by_stage(magnet_chain().chain, levels)
    assert made == pytest.approx(
        {
            ("mine", "nd_oxide", "MMR"): 20.0,
            ("mine", "dy_oxide", "MMR"): 1.0,
            ("separated", "nd_oxide", "CHN"): 18 + 1.25,
            ("separated", "dy_oxide", "CHN"): 0.9,
            ("metal", "nd_metal", "CHN"): 12.0,
            ("magnet", "magnet", "CHN"): 36.0,
        }
    )


@pytest.mark.parametrize(
    ("product", "element"), [("ndpr_oxide", "NdPr"), ("dy_metal", "Dy"), ("tb_oxide", "Tb"), ("ndfeb_magnet_ht", "all")]
)
def test_elements(product: str, element: str) -> None:
    assert element_of(product) == element
