"""E3: mean and CVaR95 of the loss over many draws: a twin screens all, a part is solved, against all solved warm.

python -m bench.tail
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from bench.shipped import Shipped, arguments
from bench.timing import quiet, table

from didymium.engine.certificate import certificate
from didymium.engine.screening import PILOT, RANDOM_SHARE, TAIL, TOP_SHARE, rank_correlation, tail_mean, two_phase
from didymium.model.screen import harm, uses_of
from didymium.model.twin import KINDS, Twin

PARTIES = ("USA", "JPN")
BOUNDS = "bounds from duals"
CUTS = 10  # solved draws whose duals bound the others
MANY = 10_000


class Timed:
    """Harm and CPU time of each draw; a screen asks for them, and what it asks for is added up."""

    def __init__(self, harm_of: np.ndarray, seconds: np.ndarray) -> None:
        self.harm, self.seconds, self.spent = harm_of, seconds, 0.0

    def __call__(self, cases: Sequence[int]) -> np.ndarray:
        self.spent += float(self.seconds[list(cases)].sum())
        return self.harm[list(cases)]


def measured(shipped: Shipped) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Harm of the parties and CPU seconds by way and draw; ways take turns."""
    runner, networks = shipped.runner, shipped.runner.networks
    solver, network, lay = runner.whole, runner.network, runner.network.layout
    solver.solve()
    groups = uses_of(network.chain.uses, PARTIES)
    twins = {kind: Twin.of(networks, shipped.inputs, kind, parties=PARTIES) for kind in KINDS}
    for twin in twins.values():
        twin.solver.solve()
    found: dict[str, list[np.ndarray]] = {name: [] for name in ("full", *KINDS, BOUNDS)}
    spent: dict[str, list[float]] = {name: [] for name in (*found, "quantities")}
    duals: list[np.ndarray] = []
    for draw in shipped.draws:
        start = time.process_time()
        q = networks.quantities(*shipped.made(draw.overrides))
        spent["quantities"].append(time.process_time() - start)
        start = time.process_time()
        answer = solver.solve(network.change(solver.programme, q))
        bands = answer.x[lay.columns_of("unserved", lay.uses * lay.bands)].reshape(lay.months, lay.uses, lay.bands)
        found["full"].append(harm((bands * q.band_value).sum(axis=(0, 2)), groups))
        spent["full"].append(time.process_time() - start)
        for kind, twin in twins.items():
            start = time.process_time()
            lost = twin.lost_value(q)
            found[kind].append(harm(lost, [np.unique(twin.use[group]) for group in groups]))
            spent[kind].append(time.process_time() - start)
        start = time.process_time()
        lp = solver.programme.changed(network.change(solver.programme, q))
        proofs = [certificate(lp, answer.x, y).bound for y in duals]
        spent[BOUNDS].append(time.process_time() - start)
        assert not proofs or max(proofs) <= answer.objective + 1e-7 * abs(answer.objective)
        found[BOUNDS].append(np.full(len(groups), max(proofs, default=answer.objective)))
        if len(duals) < CUTS:
            duals.append(answer.row_dual)
    return {k: np.array(v) for k, v in found.items()}, {k: np.array(v) for k, v in spent.items()}


def main() -> None:
    """Print what each screen costs and sees, and mean and tail by screen and by solving all."""
    said = arguments(__doc__.splitlines()[0], draws=300)
    if said.tiny:
        said.draws = 60
    shipped = Shipped.of(months=said.months, draws=said.draws)
    print(shipped.size())
    with quiet():
        found, spent = measured(shipped)
    full, n = found["full"], len(shipped.draws)
    worst = set(np.argsort(-full[:, 0], kind="stable")[: int(TAIL * n)].tolist())
    rows = []
    for name in (*KINDS, BOUNDS):
        first = CUTS if name == BOUNDS else 0
        top = set(np.argsort(-found[name][:, 0], kind="stable")[: int(TOP_SHARE * n)].tolist())
        apart = full[:, 0] - found[name][:, 0]
        rows.append(
            [
                name,
                f"{1e3 * spent[name].mean():.0f}",
                f"{spent['full'].mean() / spent[name].mean():.1f}",
                f"{rank_correlation(found[name][first:PILOT, 0], full[first:PILOT, 0]):.3f}",
                f"{rank_correlation(found[name][first:, 0], full[first:, 0]):.3f}",
                f"{len(worst & top)} of {len(worst)}",
                "–" if name == BOUNDS else f"{found[name][:, 0].mean() / full[:, 0].mean():.2f}",
                "–" if name == BOUNDS else f"{full[:, 0].var() / apart.var():.0f}",
            ]
        )
    head = ["screen", "CPU ms a draw", "times cheaper than full", f"rank, pilot of {PILOT}", "rank, all"]
    head += [f"worst {TAIL:.0%} in its top {TOP_SHARE:.0%}", "its mean over the full", "variance taken out, times"]
    print(table(head, rows))

    read = spent["quantities"]
    print(f"reading a draw: {1e3 * read.mean():.1f} ms; full solve {1e3 * spent['full'].mean():.0f} ms")
    whole = float((spent["full"] + read).sum())
    rows = [["all solved", f"{n}", f"{full[:, 0].mean():.1f}", "–", f"{tail_mean(full[:, 0], TAIL):.1f}", "1.0", "1.0"]]
    for kind in KINDS:
        ours, twin = Timed(full, spent["full"] + read), Timed(found[kind], spent[kind] + read)
        got = two_phase(n, ours, {kind: twin})
        same = "exact" if got.tail_mean == tail_mean(full[:, 0], TAIL) else f"{got.tail_mean:.1f}"
        solved = (RANDOM_SHARE + TOP_SHARE * (1 - RANDOM_SHARE)) if got.screen else 1.0
        many = (read + spent["full"]).mean() / (read.mean() + spent[kind].mean() + solved * ours.seconds.mean())
        rows.append(
            [
                f"{kind} twin" if got.screen else f"{kind} twin, rejected",
                f"{got.solved.size}",
                f"{got.mean[0]:.1f}",
                f"{got.standard_error[0]:.1f}",
                same,
                f"{whole / (ours.spent + twin.spent):.1f}",
                f"{many:.1f}",
            ]
        )
    head = ["way", "full solves", "mean [million USD]", "standard error", "CVaR95", "times less CPU"]
    print(table([*head, f"the same for {MANY:,} draws, from the means"], rows))


if __name__ == "__main__":
    main()
