"""What the next update depends on beside weights and optimizer, so that a resumed run equals one that never stopped."""

from collections import deque
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from stable_baselines3.common.vec_env import VecTransposeImage

from cutout_rl.agents.networks.asymmetric_vec_env import AsymmetricVecEnv
from cutout_rl.agents.training.sb3_vec_env import CutOutVecEnv


def training_state(model: OnPolicyAlgorithm) -> dict[str, Any]:
    """Tell a model's counters, generators, running games and latest episodes between two rollouts; JSON-able.

    A rollout in progress has no state here: its steps so far are played again from the one before.
    """
    assert model.ep_info_buffer is not None
    assert model._last_episode_starts is not None
    return {
        "timesteps": model.num_timesteps,
        "updates": model._n_updates,
        "games": games_of(model).state(),
        "episode_starts": model._last_episode_starts.tolist(),
        "latest_episodes": list(model.ep_info_buffer),
        "generators": _generators(model.device),
    }


def restore_training_state(model: OnPolicyAlgorithm, state: Mapping[str, Any]) -> None:
    """Bring a fresh model to what `training_state` told; `learn` with `reset_num_timesteps=False` goes on from there.

    Args:
        model: of the same configuration, with its weights and optimizer already loaded.
        state: what `training_state` gave.

    Raises:
        CutOutError: the images are no longer the same.
    """
    model.num_timesteps = state["timesteps"]
    model._n_updates = state["updates"]
    observations = games_of(model).restore(state["games"])
    if isinstance(model.env, AsymmetricVecEnv):
        model._last_obs = model.env.see(observations)
    else:
        model._last_obs = VecTransposeImage.transpose_image(observations)
    model._last_episode_starts = np.array(state["episode_starts"], np.bool_)
    model.ep_info_buffer = deque(state["latest_episodes"], maxlen=model._stats_window_size)
    model.ep_success_buffer = deque(maxlen=model._stats_window_size)  # a game knows no success
    _restore_generators(state["generators"], model.device)


def games_of(model: OnPolicyAlgorithm) -> CutOutVecEnv:
    """Give the games that a model plays, out of what is wrapped around them."""
    assert model.env is not None
    games = model.env.unwrapped
    assert isinstance(games, CutOutVecEnv)
    return games


def _generators(device: torch.device) -> dict[str, Any]:
    # Those that SB3 draws from: torch's for the moves, NumPy's global one for the order of PPO's gradient steps.
    shuffles = np.random.get_state(legacy=False)  # noqa: NPY002
    assert isinstance(shuffles, dict)
    key = shuffles["state"]["key"].tolist()
    generators = {
        "numpy": {**shuffles, "state": {**shuffles["state"], "key": key}},
        "torch": torch.get_rng_state().tolist(),
    }
    if device.type == "cuda":
        generators["cuda"] = torch.cuda.get_rng_state(device).tolist()
    return generators


def _restore_generators(generators: Mapping[str, Any], device: torch.device) -> None:
    np.random.set_state(generators["numpy"])  # noqa: NPY002
    torch.set_rng_state(torch.tensor(generators["torch"], dtype=torch.uint8))
    if device.type == "cuda" and "cuda" in generators:
        torch.cuda.set_rng_state(torch.tensor(generators["cuda"], dtype=torch.uint8), device)
