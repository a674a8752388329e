"""Doing the jobs, some at once, so that an interruption loses little and a fault one job."""

import traceback
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from threading import Event

from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from cutout_rl.agents.training.ray_cluster import connect
from cutout_rl.experiments.benchmark.jobs import Job
from cutout_rl.experiments.benchmark.scores import write_scores
from cutout_rl.utils.errors import CutOutError


def run_jobs(jobs: Sequence[Job], at_once: int, console: Console, cluster: str | None = None) -> dict[str, str]:
    """Do what is not done yet.

    Args:
        jobs: in the order in which they begin.
        at_once: how many at the same time.
        console: shows all that run on a line each, and how many are done.
        cluster: address of a Ray cluster to do them on instead, as many at the same time as it has cores.

    Returns:
        What went wrong, by the name of the job: its sentence, or a traceback where a job had none.

    Raises:
        CutOutError: there is no such cluster.
        KeyboardInterrupt: the user stopped it, after the jobs at work have saved what they can go on from.
    """
    waiting = [job for job in jobs if not job.scores.exists()]
    already = len(jobs) - len(waiting)
    if already:
        console.print(f"{already} of {len(jobs)} jobs are done already")
    if cluster is not None and waiting:
        connect(cluster)
        from cutout_rl.experiments.cluster import spread  # Ray need not be installed

        waiting = spread(waiting)
        at_once = len(waiting)
    stop = Event()
    faults = {}
    columns = (TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress, ThreadPoolExecutor(at_once) as pool:
        overall = progress.add_task(f"{already} of {len(jobs)} jobs done")
        futures = {pool.submit(_do, job, stop, progress): job for job in waiting}
        try:
            for ended, future in enumerate(as_completed(futures), already + 1):
                job = futures[future]
                error = future.exception()
                if error is not None:
                    faults[job.name] = _tell(error)
                progress.console.print(f"{job.name}: {'failed' if error else 'done'}", markup=False)
                progress.update(overall, description=f"{ended - len(faults)} of {len(jobs)} jobs done")
        except KeyboardInterrupt:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise
    return faults


def _do(job: Job, stop: Event, progress: Progress) -> None:
    task = progress.add_task(job.name, total=None)
    try:
        write_scores(job.scores, job.work(stop, lambda text: progress.update(task, description=f"{job.name}: {text}")))
    finally:
        progress.remove_task(task)


def _tell(error: BaseException) -> str:
    return str(error) if isinstance(error, CutOutError) else "".join(traceback.format_exception(error))
