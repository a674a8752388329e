"""The training state beside weights and optimizer; a resumed run equals one that never stopped."""

from collections import deque
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm

from cutout_rl.agents.training.asymmetric_vec_env import AsymmetricVecEnv
from cutout_rl.agents.training.sb3_vec_env import CutOutVecEnv


def training_state(model: OnPolicyAlgorithm) -> dict[str, Any]:
    """Return a model's counters, generators, games and latest episodes between two rollouts, JSON-able.

    The state of a rollout in progress is not included; a resumed run repeats it from its beginning.
    """
    assert model.ep_info_buffer is not None
    assert model._last_episode_starts is not None
    return {
        "timesteps": model.num_timesteps,
        "updates": model._n_updates,
        "games": games_of(model).state(),
        "episode_starts": model._last_episode_starts.tolist(),
        "latest_episodes": list(model.ep_info_buffer),
        "generators": generators(model.device),
    }


def restore_training_state(model: OnPolicyAlgorithm, state: Mapping[str, Any]) -> None:
    """Restore a `training_state`; `learn` with `reset_num_timesteps=False` continues from it.

    Args:
        model: a new model of the same configuration, with weights and optimizer already loaded.
        state: the value of `training_state`.

    Raises:
        CutOutError: the images have changed.
    """
    model.num_timesteps = state["timesteps"]
    model._n_updates = state["updates"]
    observations = games_of(model).restore(state["games"])
    assert isinstance(observations, np.ndarray)
    assert isinstance(model.env, AsymmetricVecEnv)
    model._last_obs = model.env.policy_observations(observations)
    model._last_episode_starts = np.array(state["episode_starts"], np.bool_)
    model.ep_info_buffer = deque(state["latest_episodes"], maxlen=model._stats_window_size)
    model.ep_success_buffer = deque(maxlen=model._stats_window_size)  # a game has no notion of success
    restore_generators(state["generators"], model.device)


def games_of(model: OnPolicyAlgorithm) -> CutOutVecEnv:
    """Return a model's games, without their wrappers."""
    assert model.env is not None
    games = model.env.unwrapped
    assert isinstance(games, CutOutVecEnv)
    return games


def generators(device: torch.device) -> dict[str, Any]:
    """Return the states of NumPy's and of torch's global generators, JSON-able."""
    # SB3 samples moves with torch's generator, and shuffles PPO's minibatches with NumPy's global one.
    shuffles = np.random.get_state(legacy=False)  # noqa: NPY002
    assert isinstance(shuffles, dict)
    key = shuffles["state"]["key"].tolist()
    states = {
        "numpy": {**shuffles, "state": {**shuffles["state"], "key": key}},
        "torch": torch.get_rng_state().tolist(),
    }
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device).tolist()
    return states


def restore_generators(states: Mapping[str, Any], device: torch.device) -> None:
    """Restore what `generators` has returned."""
    np.random.set_state(states["numpy"])  # noqa: NPY002
    torch.set_rng_state(torch.tensor(states["torch"], dtype=torch.uint8))
    if device.type == "cuda" and "cuda" in states:
        torch.cuda.set_rng_state(torch.tensor(states["cuda"], dtype=torch.uint8), device)
