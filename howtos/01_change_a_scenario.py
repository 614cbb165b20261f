"""Change a scenario: take one that ships, cut deeper, and keep it as a file for `didymium stress --scenario`."""

from __future__ import annotations

import json

from didymium.scenario.scenario import library

shipped = library()
for scenario in shipped.values():
    print(f"{scenario.id:28} {scenario.start} {scenario.months:3} months  {scenario.title}")

base = shipped["cn-stop-6"]
deeper = base.cut("MYS", products=("dy_oxide", "tb_oxide"), share=0.5, months=6)
print(f"\n{base.id} has {len(base.cuts)} cuts, the changed one {len(deeper.cuts)}; the shipped one stays as it was.")
print(json.dumps(deeper.cuts[-1].model_dump(), indent=2))
