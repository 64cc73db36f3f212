"""A driver whose Ray cluster of two nodes loses one in the middle of a batch; run as a script."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from diswot.executors import open_executor
from diswot.spec.compute import ComputeSpec
from tests.diswot.executors.workload import HARMLESS, SLOW, Workload

NODE: dict[str, Any] = {"num_cpus": 1, "object_store_memory": 80_000_000}
ARCHS = [SLOW, HARMLESS] * 20


def main(report: Path) -> None:
    """Write down how many workers there were before, what was measured, and what failed."""
    from ray import cluster_utils

    cluster: Any = cluster_utils.Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False})
    node = cluster.add_node(**NODE)
    found = []
    workers = set()
    with open_executor(Workload({}, Path()), ComputeSpec("ray", 2, address=cluster.address)) as executor:
        for evaluation in executor.map(ARCHS):
            found.append(evaluation)
            if len(found) == len(ARCHS) // 2:
                workers = {m.values["worker"] for m in found}
                cluster.remove_node(node, allow_graceful=False)
    cluster.shutdown()
    errors = [m.error for m in found if m.error is not None]
    report.write_text(json.dumps({"workers": len(workers), "archs": [m.arch for m in found], "errors": errors}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
