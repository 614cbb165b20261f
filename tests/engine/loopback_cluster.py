"""A Dask cluster on loopback, in a process of its own, until stdin closes.

Two worker processes that are replaced when they die; with the argument `without-nanny` one that is not.
"""

from __future__ import annotations

import logging
import subprocess
import sys

from distributed import LocalCluster


def main() -> None:
    logging.disable(logging.CRITICAL)
    replaced = "without-nanny" not in sys.argv
    with LocalCluster(
        n_workers=2 if replaced else 0,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address=None,
        silence_logs=logging.CRITICAL,
    ) as cluster:
        address = cluster.scheduler_address
        lone = (
            None
            if replaced
            else subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "distributed.cli.dask_worker",
                    address,
                    "--no-nanny",
                    "--nthreads=1",
                    "--no-dashboard",
                ],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )
        print(address, flush=True)  # noqa: T201 - the parent reads it
        sys.stdin.read()
        if lone is not None:
            lone.kill()
            lone.wait()


if __name__ == "__main__":
    main()
