"""What is still to be measured of an architecture, on its way to the workers."""

from __future__ import annotations

from dataclasses import dataclass, replace

from diswot.probes.batch import ProbeBatch
from diswot.scoring import Draws, Measurement, Measurer
from search_spaces import Architecture, SearchSpace


@dataclass(frozen=True, slots=True)
class Gap(Draws):
    """Initialisations of an architecture of which some proxies are not known yet.

    Attributes:
        proxies: those, in the order of the measurer's.
    """

    proxies: tuple[str, ...]


class GapMeasurer:
    """Measures of each gap what it lacks, and of any other architecture everything.

    Args:
        measurer: of all proxies.
    """

    def __init__(self, measurer: Measurer) -> None:
        self._measurers = {measurer.proxies: measurer}
        self._whole = measurer

    @property
    def space(self) -> SearchSpace:
        """Where the architectures live."""
        return self._whole.space

    @property
    def num_classes(self) -> int:
        """Of the students."""
        return self._whole.num_classes

    @property
    def probe(self) -> ProbeBatch:
        """The batch that students are observed on."""
        return self._whole.probe

    def __call__(self, arch: Architecture, /) -> Measurement:
        """Measure one architecture."""
        if not isinstance(arch, Gap):
            return self._whole(arch)
        if arch.proxies not in self._measurers:
            self._measurers[arch.proxies] = replace(self._whole, proxies=arch.proxies)
        return self._measurers[arch.proxies](Draws.of(arch, range(arch.start, arch.stop)))
