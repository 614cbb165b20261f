"""E12: the share of a solve that its certificate takes.

python -m bench.certificates
"""

from __future__ import annotations

from bench.shipped import Shipped, arguments
from bench.timing import least, table

from didymium.engine.certificate import judge, magnitudes, proven_duals


def main() -> None:
    """Print the time of all warm solves, of them the time of the certificates, and how many hold."""
    said = arguments(__doc__.splitlines()[0], draws=12, repeats=3)
    shipped = Shipped.of(months=said.months, draws=said.draws)
    print(shipped.size())
    network, solver = shipped.runner.network, shipped.runner.whole
    sizes = magnitudes(shipped.programme.matrix)
    solver.solve()
    whole = proof = 0.0
    held = 0
    for draw in shipped.draws:
        change = network.change(shipped.programme, shipped.drawn(draw))
        answer = solver.solve(change)
        lp = shipped.programme.changed(change)
        times = least(
            {
                "solve": lambda change=change: solver.solve(change),
                "certificate": lambda lp=lp, a=answer: judge(lp, a.x, *proven_duals(lp, a.row_dual, sizes), sizes),
            },
            repeats=said.repeats,
        )
        whole, proof = whole + times["solve"], proof + times["certificate"]
        held += answer.certificate.holds()
    n = len(shipped.draws)
    print(
        table(
            ["draws", "CPU ms a solve", "of it certificate", "share", "certificates that hold"],
            [[str(n), f"{1e3 * whole / n:.0f}", f"{1e3 * proof / n:.1f}", f"{proof / whole:.1%}", f"{held} of {n}"]],
        )
    )
    assert held == n


if __name__ == "__main__":
    main()
