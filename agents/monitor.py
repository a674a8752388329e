"""What happens beside the learning: progress bar, curves, validation, checkpoints."""

import time
from collections.abc import Collection, Mapping
from pathlib import Path
from statistics import fmean
from types import TracebackType
from typing import Any, Final

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from stable_baselines3.common.logger import configure
from stable_baselines3.common.policies import ActorCriticPolicy

from agents.checkpoint import load_checkpoint, save_checkpoint
from agents.policy_config import PolicyConfig
from agents.policy_player import PolicyPlayer
from cutout_rl.evaluation import evaluate, held_out_dealer
from cutout_rl.run_folder import RunFolder

SECONDS_BETWEEN_CHECKPOINTS: Final = 60


class TrainingMonitor:
    """Shows and records how a run goes, and keeps its checkpoints; used as a context around the learning.

    Leaving the context, by the end of the run, an interruption or an error, saves the newest weights.

    Attributes:
        timesteps: done so far, those before a resumption included.
        logger: of the curves that TensorBoard shows.
    """

    def __init__(self, config: PolicyConfig, run: RunFolder, policy: ActorCriticPolicy) -> None:
        """Take up the run's checkpoint if it has one, else the weights of the run named by `--init` if any.

        Raises:
            CutOutError: a checkpoint cannot be read, or holds another network.
        """
        self.timesteps = 0
        self._config = config
        self._run = run
        self._policy = policy
        self._dealer = held_out_dealer(config.settings(), "val")
        self._seconds_before = 0.0
        self._best = -1.0
        self._evaluated = 0
        if run.last_checkpoint.exists():
            self._restore(load_checkpoint(run.last_checkpoint, policy, policy.optimizer))
        elif config.init is not None:
            first = RunFolder(Path(config.init))
            first.config()  # refuses a folder that holds no run
            load_checkpoint(first.best_checkpoint, policy)
        self.logger = configure(str(run.path / "tensorboard"), ["tensorboard"])
        self._timesteps_before = self.timesteps
        self._started = self._saved = time.monotonic()
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=16),
            TextColumn(
                "{task.completed:,.0f}/{task.total:,.0f}  {task.fields[rate]:,.0f} steps/s  {task.fields[iou]}  left"
            ),
            TimeRemainingColumn(),
        )
        self._task = self._progress.add_task(config.algo, total=config.total_timesteps, rate=0.0, iou="")

    def _restore(self, progress: Mapping[str, float]) -> None:
        self.timesteps = int(progress["timesteps"])
        self._seconds_before = progress["seconds"]
        self._best = progress["best"]
        self._evaluated = int(progress["evaluated"])

    def __enter__(self) -> "TrainingMonitor":
        """Show the bar, and validate what is untrained."""
        self._progress.start()
        self._started = self._saved = time.monotonic()
        if self._evaluated == 0:
            self._validate()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Validate what was learnt unless it was cut short, save, and take the bar away."""
        try:
            if kind is None and self._evaluated < self.timesteps:
                self._validate()
        finally:
            self._save()
            self._progress.stop()

    def after_rollout(self, timesteps: int, episodes: Collection[Mapping[str, Any]]) -> None:
        """Record how the newest episodes went; validate and save where it is time to.

        Args:
            timesteps: done so far.
            episodes: the newest ones; `iou` is the final IoU, `r` the return.
        """
        self.timesteps = timesteps
        rate = (timesteps - self._timesteps_before) / (time.monotonic() - self._started)
        row = {"timesteps": timesteps, "seconds": self._seconds(), "steps_per_second": rate}
        iou = ""
        if episodes:
            row |= {"iou": fmean(e["iou"] for e in episodes), "return": fmean(e["r"] for e in episodes)}
            self.logger.record("rollout/iou", row["iou"])
            self._run.append("metrics.csv", row)
            iou = f"IoU {row['iou']:.3f} (last {len(episodes)})"
        self._progress.update(self._task, completed=timesteps, rate=rate, iou=iou)
        if timesteps // self._config.eval_every > self._evaluated // self._config.eval_every:
            self._validate()
        if time.monotonic() - self._saved > SECONDS_BETWEEN_CHECKPOINTS:
            self._save()

    def _seconds(self) -> float:
        return self._seconds_before + time.monotonic() - self._started

    def _validate(self) -> None:
        row = {"timesteps": float(self.timesteps), "seconds": self._seconds()}
        for deterministic in (True, False):
            player = PolicyPlayer(self._policy, self._config.look, self._config.algo, deterministic)
            result = evaluate(player, self._dealer, self._config.eval_images)
            way = "greedy" if deterministic else "sampled"
            row |= {f"{way}_final": result.final, f"{way}_best": result.best}
        for key, value in row.items():
            self.logger.record(f"validation/{key}", value)
        self._run.append("validation.csv", row)
        self._evaluated = self.timesteps
        score = max(row["greedy_final"], row["sampled_final"])
        self._progress.console.print(
            f"validation after {self.timesteps:,} steps: final IoU {row['greedy_final']:.3f} greedy,"
            f" {row['sampled_final']:.3f} sampled" + (" (best so far)" if score > self._best else "")
        )
        if score > self._best:
            self._best = score
            save_checkpoint(self._run.path / "best.safetensors", self._policy, self._numbers())

    def _save(self) -> None:
        save_checkpoint(self._run.last_checkpoint, self._policy, self._numbers(), self._policy.optimizer)
        self._saved = time.monotonic()

    def _numbers(self) -> dict[str, float]:
        return {
            "timesteps": self.timesteps,
            "seconds": self._seconds(),
            "best": self._best,
            "evaluated": self._evaluated,
        }
