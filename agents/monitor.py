"""What happens beside the learning: progress bar, curves, validation, checkpoints."""

import time
from collections.abc import Mapping
from statistics import fmean
from types import TracebackType
from typing import Any

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import configure
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from stable_baselines3.common.policies import ActorCriticPolicy
from torch import Tensor

from agents.checkpoint import copy_tensors, save_checkpoint, write_checkpoint
from agents.on_policy_config import OnPolicyConfig
from agents.policy_player import PolicyPlayer
from agents.training_state import training_state
from cutout_rl.evaluation import evaluate, held_out_dealer
from cutout_rl.run_folder import RunFolder


class TrainingMonitor(BaseCallback):
    """Shows and records how a run goes, and keeps its checkpoints; used as a context around `learn`.

    Validation and checkpoints come between an update and the next rollout. Leaving the context, by the end of the run,
    an interruption or an error, saves the state as it was there last.
    """

    def __init__(self, config: OnPolicyConfig, run: RunFolder) -> None:
        """Start from nothing; `restore` goes on from a checkpoint."""
        super().__init__()
        self._config = config
        self._run = run
        self._dealer = held_out_dealer(config.settings(), "val")
        self._seconds_before = 0.0
        self._best = -1.0
        self._evaluated = -1
        self._saved = -config.checkpoint_every
        self._snapshot: tuple[dict[str, Tensor], dict[str, Any]] | None = None
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

    def restore(self, record: Mapping[str, Any]) -> None:
        """Go on from the record of a checkpoint; what was written into the run's folder after it is taken away."""
        self._seconds_before = record["seconds"]
        self._best = record["best"]
        self._evaluated = record["evaluated"]
        self._saved = record["training"]["timesteps"]
        self._run.rewind(record["csv_sizes"])

    def __enter__(self) -> "TrainingMonitor":
        """Show the bar."""
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Save, and take the bar away."""
        self._progress.stop()
        self._save()

    def _on_training_start(self) -> None:
        self._started = time.monotonic()
        self._steps_before = self.num_timesteps
        self.model.set_logger(configure(str(self._run.path / "tensorboard"), ["tensorboard"]))
        self._take_snapshot()

    def _on_rollout_start(self) -> None:
        if self.num_timesteps // self._config.eval_every > self._evaluated // self._config.eval_every:
            self._validate()
        self._take_snapshot()
        if self.num_timesteps - self._saved >= self._config.checkpoint_every:
            self._save()

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

    def _on_training_end(self) -> None:
        if self._evaluated < self.num_timesteps:
            self._validate()
        self._take_snapshot()

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
            save_checkpoint(self._run.path / "best.safetensors", policy, {"timesteps": self.num_timesteps, **row})

    def _take_snapshot(self) -> None:
        assert isinstance(self.model, OnPolicyAlgorithm)
        record = {
            "config": self._config.fixed(),
            "training": training_state(self.model),
            "seconds": self._seconds(),
            "best": self._best,
            "evaluated": self._evaluated,
            "csv_sizes": self._run.csv_sizes(),
        }
        self._snapshot = copy_tensors(self.model.policy, self.model.policy.optimizer), record

    def _save(self) -> None:
        if self._snapshot is not None:  # the images could be read
            write_checkpoint(self._run.last_checkpoint, *self._snapshot)
            self._saved = self.num_timesteps
