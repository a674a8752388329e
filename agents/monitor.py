"""What happens beside the learning: progress bar, curves, validation, checkpoints."""

import time
from collections.abc import Mapping
from statistics import fmean
from types import TracebackType
from typing import Final

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import configure
from stable_baselines3.common.policies import ActorCriticPolicy

from agents.checkpoint import save_checkpoint
from agents.on_policy_config import OnPolicyConfig
from agents.policy_player import PolicyPlayer
from cutout_rl.evaluation import evaluate, held_out_dealer
from cutout_rl.run_folder import RunFolder

SECONDS_BETWEEN_CHECKPOINTS: Final = 60


class TrainingMonitor(BaseCallback):
    """Shows and records how a run goes, and keeps its checkpoints; used as a context around `learn`.

    Leaving the context, by the end of the run, an interruption or an error, saves the newest weights.
    """

    def __init__(self, config: OnPolicyConfig, run: RunFolder) -> None:
        """Start from nothing; `restore` goes on from a checkpoint."""
        super().__init__()
        self._config = config
        self._run = run
        self._dealer = held_out_dealer(config.settings(), "val")
        self._seconds_before = 0.0
        self._best = -1.0
        self._evaluated = 0
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

    def restore(self, progress: Mapping[str, float]) -> None:
        """Go on from the numbers of a checkpoint."""
        self._seconds_before = progress["seconds"]
        self._best = progress["best"]
        self._evaluated = int(progress["evaluated"])

    def __enter__(self) -> "TrainingMonitor":
        """Show the bar."""
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Save, and take the bar away."""
        self._save()
        self._progress.stop()

    def _on_training_start(self) -> None:
        self._started = self._saved = time.monotonic()
        self._steps_before = self.num_timesteps
        self.model.set_logger(configure(str(self._run.path / "tensorboard"), ["tensorboard"]))
        if self._evaluated == 0:
            self._validate()

    def _on_step(self) -> bool:
        return True

    def _on_rollout_end(self) -> None:
        seconds = time.monotonic() - self._started
        rate = (self.num_timesteps - self._steps_before) / seconds
        row = {"timesteps": self.num_timesteps, "seconds": self._seconds(), "steps_per_second": rate}
        episodes = self.model.ep_info_buffer
        iou = ""
        if episodes:
            row |= {"iou": fmean(e["iou"] for e in episodes), "return": fmean(e["r"] for e in episodes)}
            self.logger.record("rollout/iou", row["iou"])
            self._run.append("metrics.csv", row)
            iou = f"IoU {row['iou']:.3f} (last {len(episodes)})"
        self._progress.update(self._task, completed=self.num_timesteps, rate=rate, iou=iou)
        if self.num_timesteps // self._config.eval_every > self._evaluated // self._config.eval_every:
            self._validate()
        if time.monotonic() - self._saved > SECONDS_BETWEEN_CHECKPOINTS:
            self._save()

    def _on_training_end(self) -> None:
        if self._evaluated < self.num_timesteps:
            self._validate()

    def _seconds(self) -> float:
        return self._seconds_before + time.monotonic() - self._started

    def _validate(self) -> None:
        row = {"timesteps": float(self.num_timesteps), "seconds": self._seconds()}
        policy = self.model.policy
        assert isinstance(policy, ActorCriticPolicy)
        for deterministic in (True, False):
            player = PolicyPlayer(policy, self._config.look, self._config.algo, deterministic)
            result = evaluate(player, self._dealer, self._config.eval_images)
            way = "greedy" if deterministic else "sampled"
            row |= {f"{way}_final": result.final, f"{way}_best": result.best}
        for key, value in row.items():
            self.logger.record(f"validation/{key}", value)
        self._run.append("validation.csv", row)
        self._evaluated = self.num_timesteps
        score = max(row["greedy_final"], row["sampled_final"])
        self._progress.console.print(
            f"validation after {self.num_timesteps:,} steps: final IoU {row['greedy_final']:.3f} greedy,"
            f" {row['sampled_final']:.3f} sampled" + (" (best so far)" if score > self._best else "")
        )
        if score > self._best:
            self._best = score
            save_checkpoint(self._run.path / "best.safetensors", policy, self._numbers())

    def _save(self) -> None:
        optimizer = self.model.policy.optimizer
        save_checkpoint(self._run.last_checkpoint, self.model.policy, self._numbers(), optimizer)
        self._saved = time.monotonic()

    def _numbers(self) -> dict[str, float]:
        return {
            "timesteps": self.num_timesteps,
            "seconds": self._seconds(),
            "best": self._best,
            "evaluated": self._evaluated,
        }
