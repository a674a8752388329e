"""Learning from rewards alone reads no mask: only the game does, to score."""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scenes import blob_sample
from test_resume import FEW, SMALL, make_run

from cutout_rl.agents.algorithms import prior_refinement
from cutout_rl.agents.algorithms.a2c import A2C, A2CConfig
from cutout_rl.agents.algorithms.planner import Planner
from cutout_rl.agents.algorithms.planner_config import PlannerConfig
from cutout_rl.agents.algorithms.ppo import PPO, PPOConfig
from cutout_rl.data.source import DataSource, Sample
from cutout_rl.game.config import GameConfig
from cutout_rl.runs.algorithms import Algorithm
from cutout_rl.runs.train_config import TrainConfig

ALLOWED = "cutout_rl.game."
WHO_READS: set[str] = set()


def reader() -> str:
    """Return the module of the project that reads an attribute; the frames between are of `dataclasses` or numpy."""
    frame = sys._getframe(2)
    while not frame.f_globals["__name__"].startswith("cutout_rl.") and frame.f_back is not None:
        frame = frame.f_back
    return str(frame.f_globals["__name__"])


@dataclass(frozen=True)
class GuardedSample(Sample):
    """A sample whose ground truth the game alone may read."""

    def __getattribute__(self, name: str) -> object:
        if name in ("mask", "void", "outline"):
            module = reader()
            WHO_READS.add(module)
            if not module.startswith(ALLOWED) and module != "cutout_rl.data.source":
                raise AssertionError(f"{module} reads the ground truth ({name})")
        return super().__getattribute__(name)


class GuardedBlobs:
    """Images whose ground truth the game alone may read."""

    def __len__(self) -> int:
        return 50

    def __getitem__(self, index: int) -> Sample:
        sample = blob_sample(32, index)
        return GuardedSample(sample.image, sample.mask, sample.void, sample.name)


TINY = {**SMALL, **FEW, "prior_episodes": 4}
CASES: dict[str, tuple[Algorithm, TrainConfig]] = {
    "ppo": (PPO(), PPOConfig(**TINY, batch_size=8, prior_refinement=2)),
    "a2c": (A2C(), A2CConfig(**TINY, prior_refinement=2)),
    "ppo, reward at the end": (PPO(), PPOConfig(**TINY, batch_size=8, reward="end", prior_refinement=2)),
    "ppo without a prior": (PPO(), PPOConfig(**TINY, batch_size=8, network="crops")),
    "planner": (Planner(), PlannerConfig(**{k: v for k, v in TINY.items() if k != "n_steps"})),
}


@pytest.fixture
def guarded(monkeypatch: pytest.MonkeyPatch) -> None:
    def open_guarded(config: GameConfig) -> DataSource:
        return GuardedBlobs()

    monkeypatch.setattr("cutout_rl.data.image_config.ImageConfig.open_source", open_guarded)
    monkeypatch.setattr(prior_refinement, "REFINEMENT_INTERVAL", 16)  # so that the prior is refined after every rollout
    WHO_READS.clear()


@pytest.mark.usefixtures("guarded")
@pytest.mark.parametrize(("algorithm", "config"), CASES.values(), ids=CASES.keys())
def test_training_reads_no_mask(tmp_path: Path, algorithm: Algorithm, config: TrainConfig) -> None:
    algorithm.train(config, make_run(tmp_path / "run"))
    assert any(module.startswith(ALLOWED) for module in WHO_READS)


@pytest.mark.usefixtures("guarded")
def test_the_prior_from_masks_is_caught(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="object_prior_training reads the ground truth"):
        PPO().train(PPOConfig(**TINY, batch_size=8, prior="masks"), make_run(tmp_path / "run"))


@pytest.mark.usefixtures("guarded")
def test_the_guard_sees_reading() -> None:
    sample: NDArray[np.bool_] | Sample = GuardedBlobs()[0]
    with pytest.raises(AssertionError, match="reads the ground truth"):
        _ = sample.mask  # type: ignore[union-attr]
