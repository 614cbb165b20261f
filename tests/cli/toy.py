"""A small question with its data, so that the frame of the commands is tested apart from the studies."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from didymium import __version__
from didymium.errors import BadInput, Infeasible
from didymium.results import Field, Result


class ToyData:
    """As much of a dataset as the frame needs."""

    version = "2026.11"

    def __init__(self) -> None:
        self.id = "aaaa1111bbbb2222"
        self.content: dict[str, tuple[dict[str, Any], ...]] = {
            "production": ({"row_id": "production:a", "quantity": 1.0},),
            "trade": ({"row_id": "trade:a", "quantity": 2.0},),
        }

    def rows(self, table: str) -> list[dict[str, Any]]:
        return [{"place": place} for place in ("USA", "JPN", "XXX", "YYY", "ZZZ")]

    def describe(self) -> dict[str, Any]:
        return {"id": self.id, "version": self.version, "layers": ["base"]}


TAMPER: dict[str, float] = {"top_share": 0.917}


def exposure(
    ds: ToyData,
    *,
    as_of: datetime.date,
    parties: tuple[str, ...],
    seed: int,
    progress: Callable[[int, int], None],
) -> Result:
    """Two rows that show every kind of value."""
    assert isinstance(as_of, datetime.date) and isinstance(parties, tuple)
    if "XXX" in parties:
        raise BadInput("the data have faults.", where="production.csv", faults=["row 3: first", "row 9:\nsecond"])
    if "YYY" in parties:
        raise Infeasible("no plan meets this.", conflicts=["dy_oxide JPN 2027"])
    if "ZZZ" in parties:
        raise RuntimeError("the sky\nfell")
    progress(1, 2)
    row = {"product": "dy_oxide", "stage": "separated", "year": 2024, "top_country": "CHN"}
    values = {"top_share": TAMPER["top_share"], "top_share_p10": 0.9, "top_share_p90": 0.93, "world_quantity": 2345.6}
    return Result.of(
        "exposure",
        request={"as_of": as_of.isoformat(), "parties": list(parties), "seed": seed},
        dataset=ds.describe(),
        code_version=__version__,
        rows=[
            {**row, **values, "says": '=HYPERLINK("x")', "source_ids": ["s1", "s2"]},
            {**row, "product": "tb_oxide", "top_share": None, "world_quantity": -1.5, "says": "分離", "source_ids": []},
        ],
        fields=[Field("world_quantity", "t", "World output")],
        tables={"shares": [{"country": "CHN", "share": 1.0}]},
        warnings=["sources disagree"],
    )
