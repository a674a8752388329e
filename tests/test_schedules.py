"""Learning rate and entropy bonus fall with the share of the training that is done, by steps or by the clock."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm

from cutout_rl.agents.algorithms.a2c import A2C, A2CConfig
from cutout_rl.agents.algorithms.bc import BC
from cutout_rl.agents.algorithms.bc_config import BCConfig
from cutout_rl.agents.algorithms.bc_training import Learner
from cutout_rl.agents.algorithms.on_policy import OnPolicy
from cutout_rl.agents.algorithms.policy_algorithm import PolicyAlgorithm
from cutout_rl.agents.algorithms.ppo import PPO, PPOConfig
from cutout_rl.agents.training import monitor
from cutout_rl.agents.training.checkpoint import read_checkpoint
from cutout_rl.runs.run_folder import RunFolder

GAME: dict[str, Any] = {"image_size": 32, "observation_size": 32, "step_len": 6, "step_count": 4, "network": "crops"}
SMALL: dict[str, Any] = {**GAME, "n_envs": 2, "eval_images": 1, "eval_every": 10**9, "learning_rate": 0.01}
ON_POLICY: dict[str, Any] = {**SMALL, "n_steps": 8, "ent_coef": 0.5}  # 16 steps per update
ALGORITHMS = {"ppo": (PPO, PPOConfig), "a2c": (A2C, A2CConfig)}
pytestmark = pytest.mark.filterwarnings("ignore:You have specified a mini-batch")
each_algorithm = pytest.mark.parametrize("name", ALGORITHMS)


@pytest.fixture(autouse=True)
def updates(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, float]]:
    """Record the learning rate and the entropy bonus of every update by Stable-Baselines3."""
    updates = []
    update = OnPolicyAlgorithm._update_learning_rate

    def record(self: OnPolicyAlgorithm, optimizers: Any) -> None:
        update(self, optimizers)
        updates.append((self.policy.optimizer.param_groups[0]["lr"], self.ent_coef))

    monkeypatch.setattr(OnPolicyAlgorithm, "_update_learning_rate", record)
    return updates


def trained(algorithm: PolicyAlgorithm, config: Any, folder: Path) -> RunFolder:
    run = RunFolder(folder)
    run.create(config.as_json())
    assert isinstance(algorithm, (OnPolicy, BC))
    algorithm.train(config, run)
    return run


@each_algorithm
def test_schedules_stay_above_zero_where_the_steps_are_no_multiple_of_a_rollout(
    tmp_path: Path, updates: list[tuple[float, float]], name: str
) -> None:
    algorithm, config = ALGORITHMS[name]
    trained(algorithm(), config(**ON_POLICY, total_timesteps=40), tmp_path / "run")
    left = np.array([1, 1 - 16 / 40, 1 - 32 / 40])  # before each rollout
    assert np.array(updates) == pytest.approx(np.stack([0.01 * left, 0.5 * left], axis=1))


def seconds(step: float) -> Iterator[float]:
    """Count calls as seconds, `step` each."""
    return (call * step for call in count())


@each_algorithm
def test_schedules_fall_to_zero_by_the_end_of_the_minutes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, updates: list[tuple[float, float]], name: str
) -> None:
    clock = seconds(0.5)
    monkeypatch.setattr(monitor, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    algorithm, config = ALGORITHMS[name]
    trained(algorithm(), config(**ON_POLICY, total_timesteps=10**9, minutes=1), tmp_path / "run")
    rates, bonuses = np.array(updates).T
    assert len(rates) > 10
    assert rates[0] == pytest.approx(0.01)
    assert (np.diff(rates) < 0).all()
    assert 0 <= rates[-1] < 0.001
    assert bonuses == pytest.approx(50 * rates)


def test_cloning_slows_down_by_the_end_of_the_minutes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = seconds(0.5)
    monkeypatch.setattr(monitor, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    rates = []
    step = Learner._step

    def record(self: Learner) -> list[float]:
        rates.append(self._policy.optimizer.param_groups[0]["lr"])
        return step(self)

    monkeypatch.setattr(Learner, "_step", record)
    config = BCConfig(**SMALL, batch_size=8, total_timesteps=10**9, minutes=1)
    trained(BC(), config, tmp_path / "run")
    assert rates[0] == pytest.approx(0.01)
    assert rates == sorted(rates, reverse=True)
    assert 0 <= rates[-1] < 0.001


@pytest.mark.parametrize("minutes", [None, 1e-9])
@pytest.mark.parametrize("name", ["ppo", "a2c", "bc"])
def test_a_training_of_one_update_learns(tmp_path: Path, name: str, minutes: float | None) -> None:
    algorithm: PolicyAlgorithm
    config: PPOConfig | A2CConfig | BCConfig
    total = 8 if minutes is None else 10**9
    if name == "bc":
        algorithm, config = BC(), BCConfig(**SMALL, batch_size=4, total_timesteps=total, minutes=minutes)
    else:
        make, kind = ALGORITHMS[name]
        algorithm = make()
        config = kind(**{**ON_POLICY, "n_steps": 4}, total_timesteps=total, minutes=minutes)
    run = trained(algorithm, config, tmp_path / "run")
    first, _ = read_checkpoint(run.at(0).last_checkpoint)
    last, record = read_checkpoint(run.last_checkpoint)
    assert record["timesteps"] == 8
    moved = [name for name, tensor in first.items() if not np.allclose(last[name], tensor, atol=1e-6)]
    assert "policy.action_net.weight" in moved
