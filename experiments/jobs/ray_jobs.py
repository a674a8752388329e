"""Jobs as tasks of a Ray cluster (Moritz et al., OSDI 2018), one on each free core."""

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

from cutout_rl.experiments.jobs.job import Job, Say
from cutout_rl.experiments.scores import Score
from cutout_rl.utils.errors import CutOutError

RETRIES: Final = 5  # of a job on a lost machine
_POLL_SECONDS: Final = 1.0


class _ProgressBoard:
    """Progress messages of the jobs, kept on the machine of the command that shows them."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def write(self, name: str, text: str) -> None:
        """Write the progress of a job."""
        self._texts[name] = text

    def read(self, name: str) -> str:
        """Return the last progress message of a job."""
        return self._texts.get(name, "waiting for a core")


def on_cluster(jobs: Sequence[Job]) -> list[Job]:
    """Return jobs that do the same work on the connected cluster, on one core each.

    A job on a lost machine restarts on another one and resumes from the checkpoint of its run. All machines need the
    same packages, and the same folder under the same path. Scores are returned to this process.

    Args:
        jobs: for `run_jobs`, all in parallel.
    """
    this_node = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    board = ray.remote(_ProgressBoard).options(num_cpus=0, scheduling_strategy=this_node).remote()
    return [replace(job, work=partial(_run_remotely, job, board)) for job in jobs]


def _run_remotely(job: Job, board: Any, stop: Event, say: Say) -> list[Score]:
    task = ray.remote(_run_here).options(num_cpus=1, max_retries=RETRIES, name=job.name)
    scores = task.remote(job.work, Path.cwd(), partial(_write, board, job.name))
    try:
        while not stop.is_set() and not ray.wait([scores], timeout=_POLL_SECONDS)[0]:
            say(ray.get(board.read.remote(job.name)))
        if not stop.is_set():
            return list(ray.get(scores))
        ray.cancel(scores)
        ray.wait([scores])  # until the job has saved its checkpoint
    except RayTaskError as error:
        raise error.cause from None
    except RayError as error:
        raise CutOutError(f"The machines of this job were lost; the last error is {type(error).__name__}.") from None
    raise KeyboardInterrupt


def _run_here(work: Callable[[Event, Say], list[Score]], folder: Path, say: Say) -> list[Score]:
    os.chdir(folder)
    return work(Event(), say)


def _write(board: Any, name: str, text: str) -> None:
    board.write.remote(name, text)
