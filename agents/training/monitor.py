"""The bookkeeping of a training run: progress bar, curves, validation, checkpoints."""

import shutil
import time
from collections.abc import Callable, Collection, Mapping
from statistics import fmean
from types import TracebackType
from typing import Any, TypeVar

from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from stable_baselines3.common.logger import configure
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils.tensorboard import SummaryWriter

from cutout_rl.agents.training.checkpoint import copy_tensors, load_checkpoint, restoring, write_checkpoint
from cutout_rl.runs.run_folder import FINAL, RunFolder
from cutout_rl.runs.train_config import TrainConfig
from cutout_rl.utils.atomic_write import replacing
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.progress import ProgressDisplay, say

T = TypeVar("T")


class TrainingMonitor:
    """A context manager around the training loop that shows and records progress, validates and saves checkpoints.

    Validation and checkpoints happen between two rollouts. Leaving the context saves the state of the last
    `between_rollouts`, also after an interruption or an error.

    Attributes:
        timesteps: steps so far, including those before a resumption.
        training: the training state of the checkpoint that the run resumes from (`between_rollouts`); None without one.
        logger: writer of the TensorBoard curves.
        extra: returns further tensors for the checkpoint (`load_extra_tensors`).
    """

    def __init__(
        self,
        config: TrainConfig,
        run: RunFolder,
        network: nn.Module,
        optimizer: Optimizer | None,
        validate: Callable[[], Mapping[str, float]],
    ) -> None:
        """Load the run's checkpoint if it has one.

        Args:
            config: the run's.
            run: the folder to write to.
            network: the network that is trained.
            optimizer: its optimizer, whose state the checkpoint holds, if there is one.
            validate: measures it on the validation split, by name. The weights with the highest value among those whose
                names end with `FINAL` are saved as the best.

        Raises:
            CutOutError: a checkpoint cannot be read, or belongs to another network or run.
        """
        self.timesteps = 0
        self.training: Mapping[str, Any] | None = None
        self.extra: Callable[[], Mapping[str, Tensor]] = dict
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
        self._progress = ProgressDisplay(
            TextColumn("{task.description}"),
            BarColumn(bar_width=16),
            TextColumn(
                "{task.completed:,.0f}/{task.total:,.0f}  {task.fields[rate]:,.0f} steps/s  {task.fields[note]}  left"
            ),
            TimeRemainingColumn(),
        )
        steps = config.total_timesteps
        self._task = self._progress.add_task(config.algo, total=steps, unit="steps", rate=0.0, note="")

    def prepare(self, work: Callable[[], T]) -> T:
        """Run preparatory work before entering the context, and count its time."""
        started = time.monotonic()
        result = work()
        self._seconds_before += time.monotonic() - started
        return result

    def _restore(self, record: Mapping[str, Any]) -> None:
        if record.get("config") != self._config.fixed():
            raise CutOutError(
                f"The checkpoint {self._run.last_checkpoint} does not match the settings in run.json, or contains only"
                " weights; restore the run's own checkpoint or train again."
            )
        with restoring(self._run.last_checkpoint):
            self.timesteps = int(record["timesteps"])
            self.training = dict(record["training"])
            self._seconds_before = float(record["seconds"])
            self._best = float(record["best"])
            self._evaluated = int(record["evaluated"])
            self._csv_sizes = {name: int(size) for name, size in record["csv_sizes"].items()}

    def __enter__(self) -> "TrainingMonitor":
        """Show the progress, and remove what was written to the run's folder after the checkpoint."""
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
        """Stop showing the progress, and save a checkpoint."""
        self._progress.stop()
        self._save()

    def is_over(self) -> bool:
        """Return whether all steps are done, or the time is up after at least one update."""
        minutes = self._config.minutes
        time_is_up = minutes is not None and self.timesteps > 0 and self._seconds() >= 60 * minutes
        return time_is_up or self.timesteps >= self._config.total_timesteps

    def share_done(self) -> float:
        """Return the completed share of the run in [0, 1], by steps or by time, whichever is greater.

        It is 0 before the first update, however long the preparation took, so that this update learns.
        """
        if self.timesteps == 0:
            return 0.0
        minutes = self._config.minutes
        of_time = 0.0 if minutes is None else self._seconds() / (60 * minutes)
        return min(1.0, max(of_time, self.timesteps / self._config.total_timesteps))

    def between_rollouts(self, training: Mapping[str, Any], is_last: bool = False) -> None:
        """Validate and save a checkpoint if they are due.

        Args:
            training: JSON-able training state beside weights and optimizer.
            is_last: whether this is the end of the training.
        """
        if self._snapshot is None:  # before the validation, because the preparation may have taken minutes
            self._keep(training)
            self._save()
        is_due = self.timesteps // self._config.eval_every > self._evaluated // self._config.eval_every
        if is_due or (is_last and self._evaluated < self.timesteps):
            self._validate()
        self._keep(training)
        if self.timesteps - self._saved >= self._config.checkpoint_every:
            self._save()

    def after_rollout(self, timesteps: int, episodes: Collection[Mapping[str, Any]]) -> None:
        """Record the results of the newest episodes.

        Args:
            timesteps: steps so far.
            episodes: the newest episodes; `iou` is the final IoU, `r` the return if there is one.
        """
        self.timesteps = timesteps
        rate = (timesteps - self._timesteps_before) / (time.monotonic() - self._started)
        row = {"timesteps": timesteps, "seconds": self._seconds(), "steps_per_second": rate}
        note = ""
        if episodes:
            row["iou"] = fmean(e["iou"] for e in episodes)
            if all("r" in e for e in episodes):
                row["return"] = fmean(e["r"] for e in episodes)
            self.logger.record("rollout/iou", row["iou"])
            self._run.append("metrics.csv", row)
            note = f"IoU {row['iou']:.3f} (last {len(episodes)})"
        shown = {"rate": rate, "seconds_left": self._seconds_left(rate), "note": note}
        self._progress.update(self._task, completed=timesteps, **shown)

    def _seconds_left(self, rate: float) -> float:
        by_steps = (self._config.total_timesteps - self.timesteps) / max(rate, 1e-3)
        minutes = self._config.minutes
        return max(0.0, by_steps if minutes is None else min(by_steps, 60 * minutes - self._seconds()))

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
        figures = ", ".join(f"{value:.3f} {mode}" for mode, value in finals.items())
        remark = " (best so far)" if score > self._best else ""
        say(self._progress.console, f"validation after {self.timesteps:,} steps: final IoU {figures}{remark}")
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
        self._snapshot = copy_tensors(self._network, self._optimizer, self.extra()), record

    def _save(self) -> None:
        if self._snapshot is not None:
            write_checkpoint(self._run.last_checkpoint, *self._snapshot)
            self._saved = self.timesteps
