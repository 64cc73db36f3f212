"""Workers on a Ray cluster: actors of one thread each, to whom the evaluator goes once, through the object store."""

from __future__ import annotations

from collections import deque
from types import TracebackType
from typing import Any

import torch

from diswot.evaluation import EvalTask
from diswot.executors.base import EvaluatorLike
from diswot.executors.cluster import first_line
from diswot.executors.pool import Done, Event, Lost, Ready, evaluate
from diswot.runtime.memory import keep_freed_memory


class RayPool:
    """Actors, each on a CPU of its own; entered where this process is connected to Ray, and left to end them.

    Ray restarts and retries nothing here: that is the scheduler's, the same for all pools.

    Args:
        evaluator: what the workers compute.
        count: number of actors; by default one for each CPU of the cluster.
    """

    hint = "every machine of the cluster needs diswot installed, in the same version"

    def __init__(self, evaluator: EvaluatorLike, count: int | None) -> None:
        import ray

        self.count = count or _cpus()
        self._kind: Any = ray.remote(num_cpus=1, max_restarts=0, max_task_retries=0)(_Actor)
        self._evaluator = ray.put(evaluator)
        self._actors: dict[int, Any] = {}
        self._calls: dict[int, deque[Any]] = {}
        """For each actor what it was asked and has not answered, oldest first."""

    def __enter__(self) -> RayPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in list(self._actors):
            self.end(worker)

    def start(self, worker: int) -> None:
        """Ask for an actor; the cluster starts it where a CPU is free."""
        actor = self._actors[worker] = self._kind.remote()
        self._calls[worker] = deque([actor.start.remote(self._evaluator)])

    def send(self, worker: int, task: EvalTask) -> None:
        """Send a task."""
        self._calls[worker].append(self._actors[worker].measure.remote(task))

    def wait(self, seconds: float) -> list[tuple[int, Event]]:
        """What has happened first, if anything has: answers are taken one by one, those of an actor as it was asked.

        Ray learns of answers in any order, also of a single actor's.
        """
        import ray

        oldest = {calls[0]: worker for worker, calls in self._calls.items() if calls}
        found = ray.wait(list(oldest), timeout=seconds)[0]
        for call in found:
            self._calls[oldest[call]].popleft()
        return [(oldest[call], _event(call)) for call in found]

    def end(self, worker: int) -> None:
        """Kill an actor."""
        import ray

        ray.kill(self._actors.pop(worker))
        del self._calls[worker]


class _Actor:
    """A worker."""

    def __init__(self) -> None:
        torch.set_num_threads(1)
        keep_freed_memory()
        self._evaluator: EvaluatorLike | None = None

    def start(self, evaluator: EvaluatorLike) -> Ready:
        """Keep the evaluator, which Ray has fetched from the object store."""
        self._evaluator = evaluator
        return Ready()

    def measure(self, task: EvalTask) -> Done:
        """Evaluate a task."""
        assert self._evaluator is not None, "an actor is started before it is sent anything"
        return evaluate(self._evaluator, task)


def _event(call: Any) -> Event:
    import ray

    try:
        event: Event = ray.get(call)
    except ray.exceptions.RayError as error:
        return Lost(f"was lost: {first_line(error)}")
    return event


def _cpus() -> int:
    import ray

    resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    return max(1, int(resources.get("CPU", 1)))
