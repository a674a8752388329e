"""PPO's gradient steps in parts, against Stable-Baselines3's in one."""

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.buffers import DictRolloutBuffer
from stable_baselines3.common.logger import configure

from cutout_rl.agents.algorithms import threaded_ppo
from cutout_rl.agents.algorithms.on_policy_training import make_model_with_games
from cutout_rl.agents.algorithms.ppo import PPO as PPOAlgorithm
from cutout_rl.agents.algorithms.ppo import PPOConfig
from cutout_rl.agents.algorithms.threaded_ppo import ThreadedPPO


@pytest.fixture
def model(tmp_path: Path) -> ThreadedPPO:
    """Return a model with a random rollout of 96 steps and batches of 40, so that the last is smaller."""
    torch.set_num_threads(1)
    config = PPOConfig(n_envs=4, n_steps=24, batch_size=40, n_epochs=2, image_size=32, learning_rate=0.1)
    model = make_model_with_games(PPOAlgorithm().make_model, config, threads=1)
    assert isinstance(model, ThreadedPPO)
    # Adam's first steps would make a rounding error as large as a gradient.
    model.policy.optimizer = torch.optim.SGD(model.policy.parameters(), 0.1)
    model.set_logger(configure(str(tmp_path), []))
    rng = np.random.default_rng(0)
    buffer = model.rollout_buffer
    assert isinstance(buffer, DictRolloutBuffer)
    buffer.reset()
    for name, array in buffer.observations.items():
        high = {"actor": 256, "progress": 1, "mask": 2}[name]
        array[:] = rng.uniform(0, high, array.shape)
    buffer.observations["mask"][..., :4] = 1
    buffer.actions[:] = rng.integers(0, 4, buffer.actions.shape)
    for array in (buffer.log_probs, buffer.advantages, buffer.returns, buffer.values):
        array[:] = rng.normal(0, 0.1, array.shape)
    buffer.log_probs -= 2.5
    buffer.full = True
    return model


def weights_after(model: ThreadedPPO, train: type[PPO]) -> tuple[dict[str, torch.Tensor], dict[str, float]]:
    """Return the weights after an update from the same beginning, and what is logged."""
    policy, optimizer = copy.deepcopy(model.policy.state_dict()), copy.deepcopy(model.policy.optimizer.state_dict())
    buffer = copy.deepcopy(model.rollout_buffer)
    np.random.seed(3)  # noqa: NPY002
    train.train(model)
    result = copy.deepcopy(model.policy.state_dict())
    logged = {name: float(value) for name, value in model.logger.name_to_value.items()}
    model.policy.load_state_dict(policy)
    model.policy.optimizer.load_state_dict(optimizer)
    model.rollout_buffer = buffer
    return result, logged


def in_order_of_sb3(model: ThreadedPPO) -> None:
    """Sort the rollout game by game, which SB3 does before it draws batches."""
    buffer = model.rollout_buffer
    assert isinstance(buffer, DictRolloutBuffer)
    arrays = [*buffer.observations.values(), buffer.actions, buffer.log_probs]
    for array in [*arrays, buffer.advantages, buffer.returns, buffer.values]:
        array[:] = array.swapaxes(0, 1).reshape(array.shape)


def test_an_update_in_parts_equals_sb3s(model: ThreadedPPO, monkeypatch: pytest.MonkeyPatch) -> None:
    expected, expected_log = weights_after(model, PPO)
    in_order_of_sb3(model)
    for part in (7, 40):
        monkeypatch.setattr(threaded_ppo, "_PART", part)
        found, log = weights_after(model, ThreadedPPO)
        before = model.policy.state_dict()
        for name in dict(model.policy.named_parameters()):
            if "object_net" not in name:
                change = (expected[name] - before[name]).abs().max()
                assert change > 0
                assert (found[name] - expected[name]).abs().max() < 1e-3 * change
        for name in ("policy_gradient_loss", "value_loss", "entropy_loss", "explained_variance"):
            assert log[f"train/{name}"] == pytest.approx(expected_log[f"train/{name}"], rel=1e-3, abs=1e-5)


def test_the_number_of_threads_does_not_change_an_update(model: ThreadedPPO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threaded_ppo, "_PART", 7)
    found = []
    for threads in (1, 2, 3):
        monkeypatch.setattr("os.cpu_count", lambda threads=threads: threads)
        found.append(weights_after(model, ThreadedPPO)[0])
    assert all(torch.equal(other[name], weight) for name, weight in found[0].items() for other in found[1:])


def test_a_batch_of_a_single_step_leaves_the_weights_finite(model: ThreadedPPO) -> None:
    model.batch_size = 95  # of 96 steps
    expected, _ = weights_after(model, PPO)
    in_order_of_sb3(model)
    found, _ = weights_after(model, ThreadedPPO)
    assert all(weight.isfinite().all() for weight in found.values())
    assert all((found[name] - expected[name]).abs().max() < 1e-4 for name in found)
