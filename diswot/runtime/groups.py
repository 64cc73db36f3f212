"""Control groups, by which a container gets less than the machine has.

Source: "Control Group v2", and the memory and CPU controllers of version 1, in the documentation of the Linux kernel.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath


def control_groups(controller: str, root: Path = Path("/")) -> Iterator[Path]:
    """Folders of the control groups that this process is in, up to the root: a parent's limit holds for its children.

    In a container the path may be the host's, of which only the root is mounted.

    Args:
        controller: what is limited, such as `"cpu"`; version 1 has a tree for each.
        root: of the file system, where `proc` and `sys` are looked for.
    """
    try:
        lines = (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers or controller in controllers.split(","):
            home = root / "sys/fs/cgroup" / (controller if controllers else "")
            relative = PurePosixPath(path.lstrip("/"))
            yield from (home / parent for parent in (relative, *relative.parents))
