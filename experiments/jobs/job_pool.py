"""Running jobs in parallel; an interruption loses little, and a fault costs one job."""

import traceback
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from threading import Event

from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from cutout_rl.agents.training.ray_cluster import connect
from cutout_rl.experiments.jobs.job import Job
from cutout_rl.experiments.scores import write_scores
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.progress import ProgressDisplay, say


def run_jobs(jobs: Sequence[Job], n_parallel: int, console: Console, cluster: str | None = None) -> dict[str, str]:
    """Run the jobs that are not done.

    Args:
        jobs: in the order in which to start them.
        n_parallel: number of jobs to run at the same time.
        console: shows the running jobs, one per line, and the number of jobs done.
        cluster: address of a Ray cluster to run on instead, one job per core.

    Returns:
        The errors by the name of the job: a message, or the traceback of an unexpected exception.

    Raises:
        CutOutError: there is no such cluster.
        KeyboardInterrupt: the user stopped the command; the running jobs have saved their checkpoints.
    """
    waiting = [job for job in jobs if not job.scores.exists()]
    already = len(jobs) - len(waiting)
    if already:
        console.print(f"{already} of {len(jobs)} jobs are done already")
    if cluster is not None and waiting:
        connect(cluster)
        from cutout_rl.experiments.jobs.ray_jobs import on_cluster  # Ray is optional

        waiting = on_cluster(waiting)
        n_parallel = len(waiting)
    stop = Event()
    faults = {}
    columns = (TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with ProgressDisplay(*columns, console=console) as progress, ThreadPoolExecutor(n_parallel) as pool:
        overall = progress.add_task(f"{already} of {len(jobs)} jobs done")
        futures = {pool.submit(_run, job, stop, progress): job for job in waiting}
        try:
            for ended, future in enumerate(as_completed(futures), already + 1):
                job = futures[future]
                error = future.exception()
                if error is not None:
                    faults[job.name] = _message(error)
                say(progress.console, f"{job.name}: {'failed' if error else 'done'}")
                progress.update(overall, description=f"{ended - len(faults)} of {len(jobs)} jobs done")
        except KeyboardInterrupt:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise
    return faults


def _run(job: Job, stop: Event, progress: Progress) -> None:
    task = progress.add_task(job.name, total=None)
    try:
        write_scores(job.scores, job.work(stop, lambda text: progress.update(task, description=f"{job.name}: {text}")))
    finally:
        progress.remove_task(task)


def _message(error: BaseException) -> str:
    return str(error) if isinstance(error, CutOutError) else "".join(traceback.format_exception(error))
