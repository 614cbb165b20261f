"""Cells of the Commission's study of 2017: supply risk by each reading of supply, and averages of three groups.

`eu_2017.csv` holds tables 3, 18 and 19 of the final report, one line for each of its 78 materials: concentration of
world supply and of the Union's sourcing, substitution index, import reliance, recycling rate, and the three supply
risks made of them. `eu_2017_groups.csv` holds the averages of tables 21 and B. Both were read from the report itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from tools.printed_cells import HERE, Printed, Row, around, cell, figure, name, read

SOURCE = "ec-crm-2017"
PUBLISHER = "European Commission"
READINGS = (
    ("world", "world supply", "risk_world", {"world": "world"}),
    ("sourcing", "the Union's sourcing", "risk_sourcing", {"sourcing": "sourcing"}),
    (
        "both",
        "world supply and sourcing",
        "risk_both",
        {"world": "world", "sourcing": "sourcing", "reliance": "import_reliance"},
    ),
)
"""Which columns of the file each supply risk of table 19 rests on, beside recycling and substitution."""
PERCENT = ("import_reliance", "recycling", "largest_share")


def _decimal(text: str) -> Printed:
    """A figure printed with one decimal."""
    return Printed(float(text), 0.05)


def _rate(text: str) -> Printed:
    """A rate printed as whole per cent."""
    return Printed(float(text) / 100.0, 0.005)


def risks() -> Iterator[Row]:
    """Supply risk of all materials and readings of table 19 that are numbers; beryllium has one of the three."""
    for line in read(HERE / "eu_2017.csv"):
        for reading, words, column, counted in READINGS:
            text = line[column]
            if text == "N/A":
                continue
            yield cell(
                name("eu-2017-risk", line["material"], reading),
                PUBLISHER,
                f"{line['material']}, {words}",
                "supply risk by reading of supply",
                "EU27",
                2017,
                text,
                around(_decimal(text)),
                "supply_risk",
                {
                    **{
                        key: [_rate(line[of]) if key == "reliance" else _decimal(line[of])]
                        for key, of in counted.items()
                    },
                    "recycling": [_rate(line["recycling"])],
                    "substitution": [_decimal(line["substitution"])],
                },
                SOURCE,
                f"final report, tables 3, 18 and 19 (the Union of 28), {line['material']}",
            )


def averages() -> Iterator[Row]:
    """Averages of the three groups, from the values of their members."""
    members = {line["material"]: line for line in read(HERE / "eu_2017.csv")}
    for line in read(HERE / "eu_2017_groups.csv"):
        measure = line["figure"].replace("_", " ")
        said = figure(line["text"])
        assert said is not None
        half = 0.05 if "." in line["text"] else 0.5
        unit = " [%]" if line["figure"] in PERCENT else ""
        values = [
            Printed(float(members[one][line["figure"]]), 0.5 if unit else 0.05) for one in line["members"].split("|")
        ]
        yield cell(
            name("eu-2017-average", line["group"], line["figure"]),
            PUBLISHER,
            line["group"],
            f"average {measure}{unit}",
            "EU27",
            2017,
            line["text"],
            around(Printed(said.value, half)),
            "mean",
            {"values": values},
            SOURCE,
            f"final report, table {line['table']}, {line['group']}",
        )
