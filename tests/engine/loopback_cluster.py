"""A Dask scheduler on loopback with some worker processes, until stdin closes: WORKERS.

The workers are bare, without the nanny that starts a new one: which of them live is for the test to say. (A nanny gives
up if a worker dies while it starts, and then the test would tell what Dask does under load.)
"""

from __future__ import annotations

import logging
import subprocess
import sys

from distributed import LocalCluster

WORKER = ("-m", "distributed.cli.dask_worker", "--no-nanny", "--nthreads=1", "--no-dashboard", "--host=127.0.0.1")


def main() -> None:
    logging.disable(logging.CRITICAL)
    with LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address=None, silence_logs=logging.CRITICAL) as cluster:
        address = cluster.scheduler_address
        nowhere = subprocess.DEVNULL
        workers = [
            subprocess.Popen([sys.executable, *WORKER, address], stdin=nowhere, stdout=nowhere, stderr=nowhere)
            for _ in range(int(sys.argv[1]))
        ]
        print(address, flush=True)  # noqa: T201 - the parent reads it
        sys.stdin.read()
        for worker in workers:
            worker.kill()
            worker.wait()


if __name__ == "__main__":
    main()
