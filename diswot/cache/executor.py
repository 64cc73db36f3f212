"""An executor that measures only what is not in the store."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from diswot.cache.identity import Recipe
from diswot.cache.shelter import ShelteredStore
from diswot.cache.store import Context, Row, Values
from diswot.evaluation import EvalTask, Measurement
from diswot.executors.base import Executor, Measure
from search_spaces import Architecture

KEEP_SECONDS = 1.0
"""Time after which what was measured is written: what a killed process may lose."""

_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class CacheUse:
    """How often the store had what was asked for: of finalists once the first initialisation, once the others.

    Attributes:
        hits: measurements of which everything was there.
        partial: measurements of which something was there, and the rest was measured.
        misses: measurements that were made whole.
        damaged: rows that were damaged, and measured again.
    """

    hits: int = 0
    partial: int = 0
    misses: int = 0
    damaged: int = 0

    @property
    def hit_rate(self) -> float | None:
        """Share of the hits; `None` where nothing was asked for."""
        asked = self.hits + self.partial + self.misses
        return round(self.hits / asked, 4) if asked else None


class CachingExecutor:
    """Measurements from the store, and where it has none, from an executor that is started then.

    Entered to open the store, left to close everything. Only this process uses it. The values are those that would have
    been measured, bit for bit; the seconds are what they cost now.

    Args:
        recipe: of the measurer.
        start: opens the executor, at the first miss; it is given what makes the measurer, teacher and all.
        folder: of the store; `None` for none.

    Attributes:
        use: how often the store helped.
        preparing: seconds that the measurer took to make.
    """

    def __init__(
        self,
        recipe: Recipe,
        start: Callable[[Callable[[], Measure]], AbstractContextManager[Executor]],
        folder: Path | None,
    ) -> None:
        self.use = CacheUse()
        self.preparing = 0.0
        self._recipe = recipe
        self._start = start
        self._folder = folder
        self._stack = ExitStack()
        self._executor: Executor | None = None
        self._pending: list[Row] = []
        self._kept = time.monotonic()

    def __enter__(self) -> CachingExecutor:
        self._contexts = self._describe() if self._folder else {}
        self._store = ShelteredStore(self._folder if self._contexts else None)
        self._stack.callback(self._store.close)
        self._store.touch(self._contexts.values())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._keep()
        finally:
            self._stack.close()

    def map(self, tasks: Sequence[EvalTask]) -> Iterator[Measurement]:
        """Measurements in the order of `tasks`, each as soon as those before it are there.

        Raises:
            InputError: the teacher cannot be observed.
            ExecutorError: no worker can be started any more.
        """
        start = time.perf_counter()
        asked = [replace(task, arch=self._recipe.space.canonical(task.arch)) for task in tasks]
        names = [self._recipe.space.encode(task.arch) for task in asked]
        found = self._find(names)
        lacking = [self._lacking(found.get(name, {}), task) for name, task in zip(names, asked, strict=True)]
        gaps = [replace(task, proxies=lacks) for task, lacks in zip(asked, lacking, strict=True) if lacks]
        looking = (time.perf_counter() - start) / max(1, len(tasks))
        fresh = iter(self._measure(gaps))
        for task, name, lacks in zip(asked, names, lacking, strict=True):
            self._count(lacks, task)
            measured = next(fresh) if lacks else self._unmeasured(task.arch, name)
            completed = self._complete(measured, found.get(name, {}), task, lacks, looking)
            if time.monotonic() - self._kept >= KEEP_SECONDS:
                self._keep()
            yield completed
        self._keep()

    def _describe(self) -> dict[bool, Context]:
        """Contexts of the proxies that do and do not look at the teacher; none if something has no description."""
        try:
            return {of_teacher: self._recipe.context(of_teacher=of_teacher) for of_teacher in (False, True)}
        except (OSError, TypeError) as error:
            _LOG.warning("the search goes on without the cache: %s", error)
            return {}

    def _find(self, names: Sequence[str]) -> dict[str, Values]:
        found: dict[str, Values] = {}
        for context in self._contexts.values():
            for name, values in self._store.find(context, names).items():
                found.setdefault(name, {}).update(values)
        self.use.damaged = self._store.damaged
        return found

    def _proxies(self, task: EvalTask) -> tuple[str, ...]:
        return tuple(self._recipe.proxies) if task.proxies is None else task.proxies

    def _lacking(self, values: Values, task: EvalTask) -> tuple[str, ...]:
        proxies = self._proxies(task)
        return tuple(name for name in proxies if not all(key in values for key in self._keys(name, task.inits)))

    def _keys(self, proxy: str, inits: range) -> list[tuple[str, int, int]]:
        """What the store holds of a proxy: a value for each initialization, or the first one's for all."""
        row = self._recipe.proxies[proxy]
        return [(proxy, row.version, index) for index in inits if index == 0 or not row.steady]

    def _measure(self, gaps: Sequence[EvalTask]) -> Iterator[Measurement]:
        """What the executor gives, which starts when it is first needed."""
        if not gaps:
            return iter(())
        if self._executor is None:
            self._executor = self._stack.enter_context(self._start(self._make))
        return self._executor.map(gaps)

    def _make(self) -> Measure:
        start = time.perf_counter()
        measurer = self._recipe.make()
        self.preparing = time.perf_counter() - start
        return measurer

    def _unmeasured(self, arch: Architecture, name: str) -> Measurement:
        channels, height, width = self._recipe.probe.images.shape[1:]
        costs = self._recipe.space.costs(arch, self._recipe.teacher.num_classes, (channels, height, width))
        return Measurement(name, costs, {}, 0.0)

    def _complete(
        self, measured: Measurement, known: Values, task: EvalTask, lacks: tuple[str, ...], looking: float
    ) -> Measurement:
        """A measurement with what was known of it; what is new is kept, if it did not fail."""
        seconds = measured.seconds + looking
        if measured.error is not None:
            return replace(measured, seconds=seconds)
        values = {}
        for proxy in self._proxies(task):
            keys = self._keys(proxy, task.inits)
            if proxy in lacks:
                values[proxy] = measured.values[proxy]
                self._remember(measured.arch, keys, values[proxy])
            elif keys:
                series = tuple(known[key] for key in keys)
                values[proxy] = series * len(task.inits) if self._recipe.proxies[proxy].steady else series
        return replace(measured, values=values, seconds=seconds)

    def _remember(self, arch: str, keys: Sequence[tuple[str, int, int]], series: Sequence[float]) -> None:
        if self._contexts:
            pairs = zip(keys, series, strict=False)  # A steady proxy repeats its one value.
            proxies = self._recipe.proxies
            self._pending += [Row(self._contexts[proxies[key[0]].teacher], arch, *key, value) for key, value in pairs]

    def _keep(self) -> None:
        self._store.keep(self._pending)
        self._pending, self._kept = [], time.monotonic()

    def _count(self, lacks: tuple[str, ...], task: EvalTask) -> None:
        if not lacks:
            self.use.hits += 1
        elif len(lacks) < sum(bool(self._keys(proxy, task.inits)) for proxy in self._proxies(task)):
            self.use.partial += 1
        else:
            self.use.misses += 1
