"""Jobs on a Ray cluster (Moritz et al., OSDI 2018): each is a task, done wherever a core is free."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any, Final

import ray
from ray.exceptions import RayError, RayTaskError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from cutout_rl.experiments.benchmark.jobs import Job, Say
from cutout_rl.experiments.benchmark.scores import Score
from cutout_rl.utils.errors import CutOutError

RETRIES: Final = 5  # of a job whose machine is lost
_SECONDS_BETWEEN_LOOKS: Final = 1.0


class _Board:
    """Where jobs write how far they are; it lives beside the command that shows it."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def tell(self, name: str, text: str) -> None:
        """Write."""
        self._texts[name] = text

    def read(self, name: str) -> str:
        """Read what a job wrote last."""
        return self._texts.get(name, "waiting for a core")


def spread(jobs: Sequence[Job]) -> list[Job]:
    """Turn jobs into ones that do their work somewhere on the cluster that is connected, on one core each.

    A job whose machine is lost begins again on another, which goes on from the checkpoint of a run: all machines see
    the same folder, under the same path, and have the same packages. Scores come back to this process.

    Args:
        jobs: to be done by `run_jobs`, all at once.
    """
    beside = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    board = ray.remote(_Board).options(num_cpus=0, scheduling_strategy=beside).remote()
    return [replace(job, work=partial(_do_elsewhere, job, board)) for job in jobs]


def _do_elsewhere(job: Job, board: Any, stop: Event, say: Say) -> list[Score]:
    task = ray.remote(_do_here).options(num_cpus=1, max_retries=RETRIES, name=job.name)
    scores = task.remote(job.work, Path.cwd(), partial(_tell, board, job.name))
    try:
        while not stop.is_set() and not ray.wait([scores], timeout=_SECONDS_BETWEEN_LOOKS)[0]:
            say(ray.get(board.read.remote(job.name)))
        if not stop.is_set():
            return list(ray.get(scores))
        ray.cancel(scores)
        ray.wait([scores])  # until the job has saved what it can go on from
    except RayTaskError as error:
        raise error.cause from None
    except RayError as error:
        raise CutOutError(f"The machines that it ran on were lost, the last by: {type(error).__name__}.") from None
    raise KeyboardInterrupt


def _do_here(work: Callable[[Event, Say], list[Score]], folder: Path, say: Say) -> list[Score]:
    os.chdir(folder)
    return work(Event(), say)


def _tell(board: Any, name: str, text: str) -> None:
    board.tell.remote(name, text)
