"""A driver that is to use a Ray cluster without tokens; run as a script."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from diswot.errors import ExecutorError
from diswot.executors import open_executor
from diswot.spec.compute import ComputeSpec
from tests.diswot.executors.workload import HARMLESS, Workload


def main(report: Path) -> None:
    """Write down what is said of the cluster without and with a token, and what is evaluated where it is accepted."""
    from ray import cluster_utils

    node = {"num_cpus": 1, "object_store_memory": 80_000_000, "include_dashboard": False}
    cluster: Any = cluster_utils.Cluster(initialize_head=True, head_node_args=node)
    said = []
    for settings in ({"RAY_AUTH_MODE": "token"}, {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "a" * 64}, {}):
        os.environ.update(settings)
        if not settings:
            os.environ["RAY_AUTH_MODE"] = "disabled"
        try:
            with open_executor(Workload({}, Path()), ComputeSpec("ray", 1, address=cluster.address)) as executor:
                said.append(next(executor.map([HARMLESS])).arch)
        except ExecutorError as error:
            said.append(str(error).replace(cluster.address, "ADDRESS"))
    report.write_text("\n".join(said), encoding="utf-8")
    cluster.shutdown()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
