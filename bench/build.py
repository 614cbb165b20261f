"""E1: from quantities in memory to a programme that HiGHS holds, for the shipped full network: time and memory.

python -m bench.build
"""

from __future__ import annotations

import logging
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.shipped import Shipped, arguments
from bench.timing import from_files_mb, least, peak_mb, quiet, ratios, table

from didymium.engine import Solver
from didymium.model.network import SupplyNetwork

Task = tuple[Any, ...]  # chain, nodes, public, quantities, unrecorded


def didymium_(chain: Any, nodes: Any, public: Any, q: Any, unrecorded: Any) -> Any:
    """Lay out, assemble, scale, pass to HiGHS."""
    months, bands = len(q.discount), q.band_width.shape[1]
    network = SupplyNetwork.of(chain, months=months, bands=bands, public=public, unrecorded=unrecorded)
    return Solver(network.programme(q))


def linopy_(chain: Any, nodes: Any, public: Any, q: Any, unrecorded: Any) -> Any:
    """Build the model, pass it to HiGHS."""
    from bench import peer_linopy
    from linopy.solvers import Solver as LinopySolver

    return LinopySolver.from_name("highs", peer_linopy.model(chain, nodes, public, q, unrecorded), **peer_linopy.SOLVER)


def pypsa_(chain: Any, nodes: Any, public: Any, q: Any, unrecorded: Any) -> Any:
    """Add the components, build the model, pass it to HiGHS."""
    from bench import peer_linopy, peer_pypsa
    from linopy.solvers import Solver as LinopySolver

    model = peer_pypsa.model(peer_pypsa.network(chain, nodes, public, q, unrecorded), chain, q)
    return LinopySolver.from_name("highs", model, **peer_linopy.SOLVER)


WAYS = {"didymium": didymium_, "linopy": linopy_, "PyPSA": pypsa_}


def known() -> dict[str, Any]:
    """The ways whose packages are installed."""
    from importlib.util import find_spec

    return {name: way for name, way in WAYS.items() if name == "didymium" or find_spec(name.lower())}


def memory(task: Path, name: str) -> tuple[float, float]:
    """What a build adds to the largest memory of a process that has done nothing else, packages loaded [MB].

    And how much of it is code of packages, which comes from their files when it first runs.
    """
    said = subprocess.run(
        [sys.executable, "-m", "bench.build", "--memory", name, str(task)], capture_output=True, text=True, check=True
    )
    more, code = said.stdout.splitlines()[-1].split()
    return float(more), float(code)


def _one_build(name: str, path: str) -> None:
    task: Task = pickle.loads(Path(path).read_bytes())
    from scipy import sparse  # noqa: F401

    if name != "didymium":
        import linopy.solvers  # noqa: F401
    if name == "PyPSA":
        import pypsa  # noqa: F401
    import highspy

    highspy.Highs()
    before, code = peak_mb(), from_files_mb()
    kept = WAYS[name](*task)
    print(peak_mb() - before, from_files_mb() - code)
    del kept


def main() -> None:
    """Print both tables."""
    said = arguments(__doc__.splitlines()[0], repeats=3)
    shipped = Shipped.of(months=said.months)
    task: Task = (shipped.chain, shipped.nodes, shipped.public, shipped.quantities, shipped.unrecorded)
    ways = known()
    print(shipped.size())
    with quiet():
        for way in ways.values():
            way(*task)  # imports are not counted
    times = least({name: lambda way=way: way(*task) for name, way in ways.items()}, repeats=said.repeats)
    print(ratios(times, own="didymium"))
    if not Path("/proc/self/status").exists():
        print("memory: told by Linux alone")
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "task"
        path.write_bytes(pickle.dumps(task))
        used = {name: min(memory(path, name) for _ in range(said.repeats)) for name in ways}
    own = max(used["didymium"][0], 0.1)
    rows = [[name, f"{more:.1f}", f"{more / own:.1f}", f"{code:.1f}"] for name, (more, code) in used.items()]
    print(table(["way", "MB more", "times didymium", "of it code of packages"], rows))


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    if "--memory" in sys.argv:
        _one_build(*sys.argv[-2:])
    else:
        main()
