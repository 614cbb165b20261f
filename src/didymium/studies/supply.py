"""Who supplies a product at a stage: full lists of producers, read from the table `production`.

A list is used only if it is full: rows chosen by the data's rules (`preferred`), in one unit, with a world total or
a rest of the world that closes it, and naming enough of it. What is left out is listed with the reason, because a
share of an unknown whole is no share.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from didymium.data import Dataset

Record = Mapping[str, Any]

LEAST_NAMED_SHARE = 0.5
"""A list that names less of the world than this says too little about who supplies it."""


@dataclass(frozen=True, slots=True)
class Supply:
    """The producers of one product at one stage in one year, the largest first, in one unit.

    `total`: the world's output as its source states it, or else the sum of the rows. `rest`: output of unnamed
    countries, both "rest of the world" rows and what the total leaves over. `whole`: named and rest together; a
    total rounded by its source may differ from it.
    """

    product: str
    stage: str
    year: int
    unit: str
    mass_basis: str
    total: float
    named: tuple[Record, ...]
    rest: float
    rest_rows: tuple[Record, ...]
    total_row: Record | None

    @property
    def whole(self) -> float:
        """Named and unnamed output together: what shares are taken of."""
        return float(sum(row["quantity"] for row in self.named) + self.rest)

    @property
    def rows(self) -> tuple[Record, ...]:
        """Every table row that the list rests on."""
        return (*self.named, *self.rest_rows, *((self.total_row,) if self.total_row else ()))

    def output_of(self, country: str) -> Record | None:
        """The row of one country, or None if the list does not name it."""
        return next((row for row in self.named if row["country"] == country), None)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A product, stage and year that has rows but no full list."""

    product: str
    stage: str
    year: int
    reason: str
    source_ids: tuple[str, ...]


def supply_lists(ds: Dataset) -> tuple[dict[tuple[str, str, int], Supply], list[LeftOut]]:
    """All full lists of producers by (product, stage, year), and what has rows but no full list."""
    kinds = {row["place"]: row["kind"] for row in ds.rows("places")}
    overlaps = {(row["whole"], row["part"]) for row in ds.rows("additivity", dimension="country")}
    outputs = {row["stage"] for row in ds.rows("stages", is_output=1)}
    groups: dict[tuple[str, str, int], list[Record]] = {}
    for row in ds.rows("production", preferred=1, stage=outputs):
        groups.setdefault((row["product"], row["stage"], row["year"]), []).append(row)
    lists: dict[tuple[str, str, int], Supply] = {}
    left_out: list[LeftOut] = []
    for key, rows in sorted(groups.items()):
        found = full_list(rows, kinds=kinds, overlaps=overlaps)
        if isinstance(found, Supply):
            lists[key] = found
        else:
            left_out.append(LeftOut(*key, found, tuple(sorted({row["source_id"] for row in rows}))))
    return lists, left_out


def full_list(
    rows: Sequence[Record], *, kinds: Mapping[str, str], overlaps: Iterable[tuple[str, str]] = ()
) -> Supply | str:
    """The list that rows of one product, stage and year make, or the reason why they make none.

    `kinds`: country, group, rest or world, by place. `overlaps`: pairs of places of which one contains the other.
    """
    totals = [row for row in rows if row["is_total"]]
    parts = [row for row in rows if not row["is_total"]]
    places = [row["country"] for row in parts]
    if len({(row["unit"], row["mass_basis"]) for row in rows}) > 1:
        return "mixed_units"
    if len(totals) > 1 or len(set(places)) < len(places):
        return "two_rows_for_a_place"
    if any(whole in places and part in places for whole, part in overlaps):
        return "group_and_member"
    named = [row for row in parts if kinds[row["country"]] == "country" and row["quantity"] > 0]
    rest_rows = [row for row in parts if kinds[row["country"]] != "country"]
    listed = sum(row["quantity"] for row in parts)
    if not totals and not any(kinds[row["country"]] == "rest" for row in rest_rows):
        return "no_world_total"
    total = float(totals[0]["quantity"]) if totals else float(listed)
    rest = sum(row["quantity"] for row in rest_rows) + max(0.0, total - listed)
    named_sum = sum(row["quantity"] for row in named)
    if named_sum <= 0 or named_sum < LEAST_NAMED_SHARE * (named_sum + rest):
        return "too_few_named"
    first = rows[0]
    return Supply(
        product=first["product"],
        stage=first["stage"],
        year=first["year"],
        unit=first["unit"],
        mass_basis=first["mass_basis"],
        total=total,
        named=tuple(sorted(named, key=lambda row: (-row["quantity"], row["country"]))),
        rest=rest,
        rest_rows=tuple(rest_rows),
        total_row=totals[0] if totals else None,
    )


def evidence_of(ds: Dataset, rows: Sequence[Record], least_share: float = 0.9) -> str:
    """The weakest grade A–D needed to cover `least_share` of the rows' quantity, best-evidenced rows first."""
    graded = sorted((ds.evidence(row).grade, float(row["quantity"])) for row in rows)
    whole, covered = sum(amount for _, amount in graded), 0.0
    for grade, amount in graded:
        covered += amount
        if covered >= least_share * whole:
            return grade
    return graded[-1][0]
