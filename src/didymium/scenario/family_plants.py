"""Plants to come: which step of a family the new capacity of a project runs, and where it is the first of its kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from didymium.scenario.chain import RISING, Tables, project_steps

if TYPE_CHECKING:
    from didymium.scenario.family_chain import Family

Row = Mapping[str, Any]
OWN_UNITS = ("t/y", "GWh/y")
COMPOUND_OF = {"t WO3/y": "tungsten_trioxide", "t LCE/y": "lithium_carbonate"}


@dataclass(frozen=True, slots=True)
class Plant:
    """New capacity of a project at a step. `amount`: yearly, in the unit of the `production` rows of its output."""

    project: Row
    step: Row  # the first output of its process, a row of `chain_steps`
    region: str
    amount: float

    @property
    def process_id(self) -> str:
        """The process that it runs."""
        return str(self.step["process_id"])


def plants(family: Family) -> Iterator[Plant]:
    """Plants that are ramping or being built, with a capacity, a start and a unit that can be counted.

    A plant runs the process that the table `project_processes` names for it, else the only one whose first output is
    its product at its stage. Where several make that product and none is named, nothing is known to be added.
    """
    outputs = {
        process_id: row
        for process_id, rows in family.steps.items()
        for row in rows
        if row["flow_role"] == "output" and row["position"] == 1
    }
    named: dict[tuple[str, str], dict[str, float]] = {}
    for row in family.ds.rows("project_processes"):
        named.setdefault((row["project_id"], row["product"]), {})[row["process_id"]] = float(row["factor"] or 1.0)
    for project in project_steps(family.ds):
        held = held_in(family.ds, project["capacity_unit"])
        known = project["capacity"] is not None and project["start_year"] is not None and held is not None
        if not known or project["status"] not in RISING or project["country"] not in family.region_of:
            continue
        fit = named.get((project["project_id"], project["product"])) or _only(outputs, project)
        for process_id, factor in fit.items():
            if process_id in outputs:
                amount = float(project["capacity"]) * float(held or 0.0) * factor
                yield Plant(project, outputs[process_id], family.region_of[project["country"]], amount)


def _only(outputs: Mapping[str, Row], project: Row) -> dict[str, float]:
    """The one process that makes the product of a project; none if there are several."""
    wanted = (project["product"], project["stage"])
    fit = [process_id for process_id, row in outputs.items() if wanted == made(row)]
    return dict.fromkeys(fit, 1.0) if len(fit) == 1 else {}


def made(step: Row) -> tuple[str, str]:
    """Product and stage of an output as tables of plants name them."""
    bare = str(step["chain_product"]).partition(":")[0]
    return (step["production_product"] or bare, step["production_stage"] or step["stage"])


def held_in(ds: Tables, unit: str | None) -> float | None:
    """Tonnes (or GWh) counted in one unit of a capacity: itself, the metal inside, or the metal of a known compound."""
    if unit is None or unit in OWN_UNITS:
        return 1.0
    inside = ds.rows("units", unit=unit, dimension="capacity_mass", mass_basis="element")
    return float(inside[0]["factor"]) if inside else content_of(ds, unit)


def content_of(ds: Tables, unit: str) -> float | None:
    """Tonnes of the element in a tonne of the compound that a unit of capacity counts; None where it counts none."""
    compound = COMPOUND_OF.get(unit)
    rows = ds.rows("recipes", process_id=f"content_{compound}", flow_role="parameter") if compound else ()
    return float(rows[0]["quantity"]) if rows else None
