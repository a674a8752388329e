"""What happens beside the learning: progress bar, curves, validation, checkpoints."""

import shutil
import time
from collections.abc import Callable, Collection, Mapping
from statistics import fmean
from types import TracebackType
from typing import Any, TypeVar

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from stable_baselines3.common.logger import configure
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils.tensorboard import SummaryWriter

from cutout_rl.agents.training.checkpoint import copy_tensors, load_checkpoint, write_checkpoint
from cutout_rl.runs.run_folder import FINAL, RunFolder
from cutout_rl.runs.train_config import TrainConfig
from cutout_rl.utils.atomic_write import replacing
from cutout_rl.utils.errors import CutOutError

T = TypeVar("T")


class TrainingMonitor:
    """Shows and records how a run goes, and keeps its checkpoints; used as a context around the learning.

    Validation and checkpoints come between two rollouts. Leaving the context, by the end of the run, an interruption or
    an error, saves the state as it was there last.

    Attributes:
        timesteps: done so far, those before a resumption included.
        training: what `between_rollouts` was told when the checkpoint was made that the run goes on from; None
            without one.
        logger: of the curves that TensorBoard shows.
    """

    def __init__(
        self,
        config: TrainConfig,
        run: RunFolder,
        network: nn.Module,
        optimizer: Optimizer,
        validate: Callable[[], Mapping[str, float]],
    ) -> None:
        """Take up the run's checkpoint if it has one.

        Args:
            config: the run's.
            run: the folder to write into.
            network: what learns.
            optimizer: of its weights.
            validate: measures it on the validation split; the highest of the values whose names end with `FINAL` says
                which weights are best.

        Raises:
            CutOutError: a checkpoint cannot be read, or belongs to another network or run.
        """
        self.timesteps = 0
        self.training: Mapping[str, Any] | None = None
        self._config = config
        self._run = run
        self._network = network
        self._optimizer = optimizer
        self._measure = validate
        self._seconds_before = 0.0
        self._best = -1.0
        self._evaluated = -1
        self._csv_sizes: Mapping[str, int] = {}
        self._snapshot: tuple[dict[str, Tensor], dict[str, Any]] | None = None
        if run.last_checkpoint.exists():
            self._restore(load_checkpoint(run.last_checkpoint, network, optimizer))
        self._timesteps_before = self._saved = self.timesteps
        self._started = time.monotonic()
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=16),
            TextColumn(
                "{task.completed:,.0f}/{task.total:,.0f}  {task.fields[rate]:,.0f} steps/s  {task.fields[iou]}  left"
            ),
            TimeRemainingColumn(),
        )
        self._task = self._progress.add_task(config.algo, total=config.total_timesteps, rate=0.0, iou="")

    def prepare(self, work: Callable[[], T]) -> T:
        """Do what comes before the learning, outside the context; its time counts."""
        started = time.monotonic()
        result = work()
        self._seconds_before += time.monotonic() - started
        return result

    def _restore(self, record: Mapping[str, Any]) -> None:
        if record.get("config") != self._config.fixed():
            raise CutOutError(
                f"The checkpoint {self._run.last_checkpoint} belongs to a run of other settings than run.json has, or"
                " holds weights alone; restore the run's own or train again."
            )
        self.timesteps = record["timesteps"]
        self.training = record["training"]
        self._seconds_before = record["seconds"]
        self._best = record["best"]
        self._evaluated = record["evaluated"]
        self._csv_sizes = record["csv_sizes"]

    def __enter__(self) -> "TrainingMonitor":
        """Show the bar, and take away what was written into the run's folder after the checkpoint."""
        self._run.rewind(self._csv_sizes, self.timesteps)
        folder = str(self._run.path / "tensorboard")
        SummaryWriter(folder, purge_step=self.timesteps + 1).close()  # hides what was logged after the checkpoint
        self.logger = configure(folder, ["tensorboard"])
        self._progress.start()
        self._started = time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Take the bar away, and save."""
        self._progress.stop()
        self._save()

    def is_over(self) -> bool:
        """Say whether the steps are made, or something is learnt and the time is up."""
        minutes = self._config.minutes
        time_is_up = minutes is not None and self.timesteps > 0 and self._seconds() >= 60 * minutes
        return time_is_up or self.timesteps >= self._config.total_timesteps

    def share_done(self) -> float:
        """Give the share of the run that is done, in [0, 1], by its steps or by its minutes, whichever is greater."""
        minutes = self._config.minutes
        of_time = 0.0 if minutes is None else self._seconds() / (60 * minutes)
        return min(1.0, max(of_time, self.timesteps / self._config.total_timesteps))

    def between_rollouts(self, training: Mapping[str, Any], is_last: bool = False) -> None:
        """Validate and save where it is time to.

        Args:
            training: what learning depends on beside weights and optimizer, JSON-able.
            is_last: whether no rollout follows.
        """
        if self._snapshot is None:  # before it is validated: what it was prepared by took minutes
            self._keep(training)
            self._save()
        is_due = self.timesteps // self._config.eval_every > self._evaluated // self._config.eval_every
        if is_due or (is_last and self._evaluated < self.timesteps):
            self._validate()
        self._keep(training)
        if self.timesteps - self._saved >= self._config.checkpoint_every:
            self._save()

    def after_rollout(self, timesteps: int, episodes: Collection[Mapping[str, Any]]) -> None:
        """Record how the newest episodes went.

        Args:
            timesteps: done so far.
            episodes: the newest ones; `iou` is the final IoU, `r` the return, where there is one.
        """
        self.timesteps = timesteps
        rate = (timesteps - self._timesteps_before) / (time.monotonic() - self._started)
        row = {"timesteps": timesteps, "seconds": self._seconds(), "steps_per_second": rate}
        iou = ""
        if episodes:
            row["iou"] = fmean(e["iou"] for e in episodes)
            if all("r" in e for e in episodes):
                row["return"] = fmean(e["r"] for e in episodes)
            self.logger.record("rollout/iou", row["iou"])
            self._run.append("metrics.csv", row)
            iou = f"IoU {row['iou']:.3f} (last {len(episodes)})"
        self._progress.update(self._task, completed=timesteps, rate=rate, iou=iou)

    def _seconds(self) -> float:
        return self._seconds_before + time.monotonic() - self._started

    def _validate(self) -> None:
        row = {"timesteps": float(self.timesteps), "seconds": self._seconds(), **self._measure()}
        for key, value in row.items():
            self.logger.record(f"validation/{key}", value)
        self.logger.dump(self.timesteps)
        self._run.append("validation.csv", row)
        self._evaluated = self.timesteps
        finals = {key.removesuffix(FINAL): value for key, value in row.items() if key.endswith(FINAL)}
        score = max(finals.values())
        self._progress.console.print(
            f"validation after {self.timesteps:,} steps: final IoU"
            f" {', '.join(f'{value:.3f} {way}' for way, value in finals.items())}"
            + (" (best so far)" if score > self._best else "")
        )
        weights = self._run.at(self.timesteps).last_checkpoint
        write_checkpoint(weights, copy_tensors(self._network), row)
        if score > self._best:
            self._best = score
            with replacing(self._run.path / "best.safetensors") as best:
                shutil.copyfile(weights, best)
        self._run.thin_history(self._config.eval_every)

    def _keep(self, training: Mapping[str, Any]) -> None:
        record = {
            "config": self._config.fixed(),
            "timesteps": self.timesteps,
            "seconds": self._seconds(),
            "best": self._best,
            "evaluated": self._evaluated,
            "csv_sizes": self._run.csv_sizes(),
            "training": training,
        }
        self._snapshot = copy_tensors(self._network, self._optimizer), record

    def _save(self) -> None:
        if self._snapshot is not None:
            write_checkpoint(self._run.last_checkpoint, *self._snapshot)
            self._saved = self.timesteps
