"""E6: price paths × all projects × life, the compiled pass beside numpy, without and with rates of return.

python -m bench.cashflow --draws 20000
"""

from __future__ import annotations

import argparse

import numpy as np
from bench.timing import least, table

import didymium.data
from didymium.finance.fast import Floor, is_available
from didymium.scenario.apply import assumptions
from didymium.studies.packages import Hurdles
from didymium.studies.register import register
from didymium.studies.ventures import HORIZON, draw
from didymium.studies.wide import wide

CHUNK = 1000  # paths at which arrays of numpy stay in the cache; rates of return rather want all at once


def main() -> None:
    """Print CPU time of both ways and how far their answers lie apart."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--draws", type=int, default=100_000, help="price paths (default: 100,000)")
    parser.add_argument("--repeats", type=int, default=3, help="rounds, of which the least counts")
    parser.add_argument("--tiny", action="store_true", help="a few paths of a few projects, once")
    said = parser.parse_args()
    paths, repeats = (200, 1) if said.tiny else (said.draws, said.repeats)
    ds = didymium.data.open()
    assume = assumptions(ds)
    found = register(ds, assume)
    ranges = {
        r["assumption_id"]: (float(r["low"]), float(r["value"]), float(r["high"])) for r in ds.rows("assumptions")
    }
    drawn = draw(found, ranges, paths=paths, seed=0)
    sheets = [s for s in found.sheets.values() if not s.missing][: 3 if said.tiny else None]
    floors = {s.project_id: Floor(0, 1.2 * s.lines[0].level(found.prices), 10, 0.3) for s in sheets}
    hurdles = Hurdles(
        assume["finance_lender_dscr"],
        assume["finance_sponsor_return_real"],
        assume["finance_treasury_rate_real"],
        assume["finance_recovery_share"],
    )

    def way(quick: bool, with_irr: bool, size: int) -> None:
        for start in range(0, paths, size):
            part = drawn.between(start, start + size)
            wide(sheets, part, assume, hurdles, as_of=2026, floors=floors, with_irr=with_irr, quick=quick)

    if is_available():
        way(True, True, paths)  # compiles
    else:
        print("numba is not installed (the extra fast has it): the compiled pass is left out")
    cells = paths * len(sheets) * HORIZON
    rows = []
    for name, with_irr in (("value, cover, floor cost", False), ("the same and rates of return", True)):
        ways = {
            "numpy": lambda w=with_irr: way(False, w, paths),
            "chunks": lambda w=with_irr: way(False, w, CHUNK),
        }
        if is_available():
            ways["compiled"] = lambda w=with_irr: way(True, w, paths)
        times = least(ways, repeats=repeats)
        each = [f"{t:.2f} ({t / cells * 1e9:.0f})" for t in times.values()]
        fastest = min(times["numpy"], times["chunks"])
        rows.append([name, *each, *([f"{fastest / times['compiled']:.1f}"] if is_available() else ["–", "–"])])
    print(f"{paths:,} paths, {len(sheets)} projects, {HORIZON} years: {cells / 1e6:,.0f} million cells")
    print("CPU seconds (ns a cell); the ratio is that of the faster numpy to the compiled pass")
    head = ["what", "numpy, all paths at once", f"numpy, {CHUNK:,} at a time", "compiled", "ratio"]
    print(table(head, rows))
    if not is_available():
        return
    few = drawn.between(0, 2000)
    quick, plain = (wide(sheets, few, assume, hurdles, as_of=2026, floors=floors, quick=q) for q in (True, False))
    apart = [float(np.median(np.abs(quick[k].npv - plain[k].npv)) / plain[k].npv.std()) for k in plain]
    differ = [float(np.mean(quick[k].lender != plain[k].lender)) for k in plain]
    print(
        f"Median difference of value over its deviation: at most {max(apart):.1e}; "
        f"verdicts of lenders that differ: at most {max(differ):.1e}"
    )


if __name__ == "__main__":
    main()
