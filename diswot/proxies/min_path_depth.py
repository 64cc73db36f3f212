"""How short the shortest way through a network is; docs/research/score.md says how it was found."""

from __future__ import annotations

import math

from diswot.proxies.base import ProxyInput


def min_path_depth(inputs: ProxyInput) -> float:
    """Minus the logarithm of the fewest weighted layers on any path from the images to the logits.

    Shortcuts make a deep network act as many shallow ones: what trains it are the gradients along its short paths. At
    equal capacity, a network whose every path is long trains worse.

    Source: Veit et al., "Residual Networks Behave Like Ensembles of Relatively Shallow Networks", NeurIPS 2016,
    section 4.3.

    Raises:
        ValueError: no path leads from the images to the logits, or none was looked for.
    """
    length = inputs.student.shortest_path
    if not length:
        raise ValueError("the logits do not depend on the images")
    return -math.log(length)
