"""An executor that evaluates only what is not in the store."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from diswot.cache.key import Context, context_of
from diswot.cache.store import Row, Store, Values
from diswot.evaluation import EvalTask, Evaluation, EvaluatorSpec
from diswot.executors.base import EvaluatorLike, Executor

KEEP_SECONDS = 1.0
"""Time after which what was evaluated is written: what a killed process may lose."""

_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class CacheUse:
    """How often the store had what was asked for: of finalists once the first initialization, once the others.

    Attributes:
        hits: tasks of which everything was there.
        partial: tasks of which something was there, and the rest was evaluated.
        misses: tasks that were evaluated whole.
        damaged: architectures whose rows were damaged, and that were evaluated again.
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
    """Evaluations from the store, and where it has none, from an executor that is started then.

    Entered, and left to close everything. Only this process uses it. The values are those that would have been
    computed, bit for bit; the seconds are what they cost now.

    Args:
        spec: of the evaluator.
        start: opens the executor, at the first miss; it is given what makes the evaluator, teacher and all.
        folder: of the store; `None` for none.

    Attributes:
        use: how often the store helped.
        preparing: seconds that the evaluator took to make.
    """

    def __init__(
        self,
        spec: EvaluatorSpec,
        start: Callable[[Callable[[], EvaluatorLike]], AbstractContextManager[Executor]],
        folder: Path | None,
    ) -> None:
        self.use = CacheUse()
        self.preparing = 0.0
        self._spec, self._start = spec, start
        self._contexts = {} if folder is None else self._describe()
        self._store = Store(folder if self._contexts else None)
        self._stack = ExitStack()
        self._executor: Executor | None = None
        self._pending: list[Row] = []
        self._kept = time.monotonic()

    def __enter__(self) -> CachingExecutor:
        self._stack.callback(self._store.close)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._keep()
        finally:
            self._stack.close()

    def map(self, tasks: Sequence[EvalTask]) -> Iterator[Evaluation]:
        """Evaluations in the order of `tasks`, each as soon as those before it are there.

        Raises:
            InputError: the teacher cannot be observed.
            ExecutorError: no worker can be started any more.
        """
        start = time.perf_counter()
        asked = [self._canonical(task) for task in tasks]
        names = [self._spec.space.encode(task.arch) for task in asked]
        known = self._find(names)
        lacking = [self._lacking(known[name], task) for name, task in zip(names, asked, strict=True)]
        looking = (time.perf_counter() - start) / max(1, len(tasks))
        fresh = self._evaluate([task for task in lacking if task.proxies])
        for name, task, lacks in zip(names, asked, lacking, strict=True):
            self._count(task, lacks)
            found = next(fresh) if lacks.proxies else self._unmeasured(task, name)
            yield self._complete(replace(found, seconds=found.seconds + looking), known[name], task, lacks)
        self._keep()

    def _canonical(self, task: EvalTask) -> EvalTask:
        """The task with its proxies named, but for those that have nothing to give for its initializations."""
        proxies = tuple(self._spec.proxies) if task.proxies is None else task.proxies
        given = tuple(name for name in proxies if self._keys(name, task.inits))
        return EvalTask(self._spec.space.canonical(task.arch), task.inits, given)

    def _keys(self, proxy: str, inits: range) -> list[tuple[str, int, int]]:
        """What the store holds of a proxy: a value for each initialization, or the first one's for all."""
        row = self._spec.proxies[proxy]
        return [(proxy, row.version, index) for index in inits if index == 0 or not row.init_independent]

    def _describe(self) -> dict[bool, Context]:
        """Contexts of the proxies that do and do not look at the teacher; none if something has no description."""
        try:
            return {of_teacher: context_of(self._spec, of_teacher=of_teacher) for of_teacher in (False, True)}
        except (OSError, TypeError) as error:
            _LOG.warning("the search goes on without the cache: %s", error)
            return {}

    def _find(self, names: Sequence[str]) -> dict[str, Values]:
        known: dict[str, Values] = {name: {} for name in names}
        for context in self._contexts.values():
            for name, values in self._store.find(context, known).items():
                known[name] |= values
        self.use.damaged = self._store.damaged
        return known

    def _lacking(self, known: Values, task: EvalTask) -> EvalTask:
        assert task.proxies is not None, "they have been named"
        lacks = (name for name in task.proxies if not known.keys() >= set(self._keys(name, task.inits)))
        return replace(task, proxies=tuple(lacks))

    def _evaluate(self, tasks: Sequence[EvalTask]) -> Iterator[Evaluation]:
        """What the executor gives, which starts when it is first needed."""
        if not tasks:
            return iter(())
        if self._executor is None:
            self._executor = self._stack.enter_context(self._start(self._make))
        return self._executor.map(tasks)

    def _make(self) -> EvaluatorLike:
        start = time.perf_counter()
        evaluator = self._spec.build()
        self.preparing = time.perf_counter() - start
        return evaluator

    def _unmeasured(self, task: EvalTask, name: str) -> Evaluation:
        costs = self._spec.space.costs(task.arch, self._spec.teacher.num_classes, self._spec.probe.image_shape)
        return Evaluation(name, costs, {}, 0.0)

    def _complete(self, found: Evaluation, known: Values, task: EvalTask, lacks: EvalTask) -> Evaluation:
        """An evaluation with what was known of it; what is new is kept, if it did not fail."""
        if found.error is not None:
            return found
        values = {}
        for proxy in task.proxies or ():
            keys = self._keys(proxy, task.inits)
            if proxy in (lacks.proxies or ()):
                values[proxy] = found.values[proxy]
                self._remember(
                    found.arch, dict(zip(keys, values[proxy], strict=False))
                )  # an init_independent one repeats itself
            else:
                series = tuple(known[key] for key in keys)
                values[proxy] = series * len(task.inits) if self._spec.proxies[proxy].init_independent else series
        return replace(found, values=values)

    def _remember(self, arch: str, values: Values) -> None:
        if self._contexts:
            proxies = self._spec.proxies
            self._pending += [Row(self._contexts[proxies[key[0]].teacher], arch, *key, values[key]) for key in values]
            if time.monotonic() - self._kept >= KEEP_SECONDS:
                self._keep()

    def _keep(self) -> None:
        self._store.keep(self._pending)
        self._pending, self._kept = [], time.monotonic()

    def _count(self, task: EvalTask, lacks: EvalTask) -> None:
        if not lacks.proxies:
            self.use.hits += 1
        elif lacks.proxies == task.proxies:
            self.use.misses += 1
        else:
            self.use.partial += 1
