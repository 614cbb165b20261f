"""Write your own scenario: as a file, or as a change of one that ships. Then see what it does to a route."""

from __future__ import annotations

from pathlib import Path

import didymium as dd
from didymium.errors import BadScenario
from didymium.scenario.scenario import load

MINE = """
id = "cn-heavy-magnets-quarter"
title = "A quarter of China's heavy-grade magnets passes for nine months"
title_ja = "中国の耐熱磁石輸出が9か月間4分の1に"
based_on = ["cn-ree7-licence-2025"]
start = "2026-12"
months = 18

[[cuts]]
exporter = "CHN"
products = ["ndfeb_magnet_ht", "dy_metal", "tb_metal"]
start = "2026-12"
end = "2027-09"
approval_share = 0.25
approval_low = 0.1
approval_high = 0.5
"""

# A file is what `didymium stress --scenario` takes, and what goes into the record of a run.
Path("mine.toml").write_text(MINE, encoding="utf-8")
mine = load("mine.toml")
inputs = mine.apply(dd.open())
route = inputs.chain.arcs.index(("ndfeb_magnet_ht", "CHN", "JPN"))
cut = inputs.restrictions[0]
print(f"{mine.id}: {len(cut.arcs)} routes under licence")
print("share that passes to Japan:", *cut.factor[:, list(cut.arcs).index(route)])

# The same idea from a scenario that ships; the shipped one stays as it is.
worse = load("cn-stop-6").cut("MYS", products=("dy_oxide", "tb_oxide"), share=0.5, months=6)
last = worse.cuts[-1]
print(f"\n{worse.id} with {len(worse.cuts)} cuts; the last: {last.exporter} passes {last.approval_share:.0%}")

# A slip is refused by name, before anything is solved.
Path("slip.toml").write_text(MINE.replace("0.25", "25"), encoding="utf-8")
try:
    load("slip.toml")
except BadScenario as refused:
    print(f"\n{refused}")
