"""The batch of games with the observations of an asymmetric policy."""

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper
from stable_baselines3.common.vec_env.base_vec_env import VecEnvStepReturn

from cutout_rl.agents.networks.asymmetric_policy import asymmetric_space, progress_of
from cutout_rl.agents.networks.egocentric_crops import Preprocess
from cutout_rl.agents.training.episode_recorder import EpisodeRecorder
from cutout_rl.agents.training.sb3_vec_env import CutOutVecEnv

Observations = dict[str, NDArray[np.generic]]


class AsymmetricVecEnv(VecEnvWrapper):
    """Replaces observations by crops, progress and action mask.

    Crops are thus cut once per step, not once per epoch. The mask restricts the agent in training to the moves that it
    plays (`PolicyPlayer`): those that mark a pixel.

    Attributes:
        preprocess: cuts the crops; must be set before the first reset.
        recorder: records the episodes, if it is set.
    """

    preprocess: Preprocess
    recorder: EpisodeRecorder | None = None

    def __init__(self, venv: VecEnv, crops: spaces.Box) -> None:
        """Wrap games.

        Args:
            venv: a `CutOutVecEnv`.
            crops: the space of one game's crops, or of the whole observation for the network "nature".
        """
        assert isinstance(venv.action_space, spaces.Discrete)
        self._all_actions = np.ones(int(venv.action_space.n), np.uint8)
        mask = spaces.Box(0, 1, self._all_actions.shape, np.uint8)
        super().__init__(venv, spaces.Dict({**asymmetric_space(crops), "mask": mask}))

    def policy_observations(self, observations: NDArray[np.uint8]) -> Observations:
        """Turn the current observations of all games into the policy's."""
        games = self.unwrapped
        assert isinstance(games, CutOutVecEnv)
        return {
            "actor": self.preprocess(observations),
            "progress": progress_of(games.games),
            "mask": games.action_masks().astype(np.uint8),
        }

    def observe(self) -> Observations:
        """Return the current observations."""
        games = self.unwrapped
        assert isinstance(games, CutOutVecEnv)
        observations = games.observe()
        assert isinstance(observations, np.ndarray)
        return self.policy_observations(observations)

    def reset(self) -> Observations:
        """Start new games."""
        observations = self.venv.reset()
        assert isinstance(observations, np.ndarray)
        if self.recorder is not None:
            self.recorder.begin(observations, self.venv.reset_infos)
        return self.policy_observations(observations)

    def step_wait(self) -> VecEnvStepReturn:
        """Make the moves, and start new games in the place of finished ones."""
        observations, rewards, dones, infos = self.venv.step_wait()
        assert isinstance(observations, np.ndarray)
        if self.recorder is not None:
            self.recorder.record(observations, dones, infos, self.venv.reset_infos)
        over = np.flatnonzero(dones)
        if len(over):
            last = self.preprocess(np.stack([infos[i]["terminal_observation"] for i in over]))
            for i, crops in zip(over, last, strict=True):
                progress, mask = np.array((infos[i]["iou"], 0), np.float32), self._all_actions.copy()
                infos[i]["terminal_observation"] = {"actor": crops, "progress": progress, "mask": mask}
        return self.policy_observations(observations), rewards, dones, infos
