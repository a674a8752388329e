"""The batch of games as an asymmetric policy sees it."""

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper
from stable_baselines3.common.vec_env.base_vec_env import VecEnvStepReturn

from cutout_rl.agents.networks.asymmetric_policy import asymmetric_space, progress_of
from cutout_rl.agents.networks.egocentric_crops import Preprocess
from cutout_rl.agents.training.sb3_vec_env import CutOutVecEnv

Seen = dict[str, NDArray[np.generic]]


class AsymmetricVecEnv(VecEnvWrapper):
    """Shows pen views and progress instead of observations, so that views are cut out once a step, not once a pass.

    Attributes:
        preprocess: cuts the views out; to be set before the first reset.
    """

    preprocess: Preprocess

    def __init__(self, venv: VecEnv, views: spaces.Box) -> None:
        """Wrap games whose observation is of kind "layers" or "masked".

        Args:
            venv: a `CutOutVecEnv`, wrapped or not.
            views: the space of what `preprocess` will give.
        """
        super().__init__(venv, asymmetric_space(views))

    def see(self, observations: NDArray[np.uint8]) -> Seen:
        """Turn the observations of all games, as they stand, into what the policy takes."""
        games = self.unwrapped
        assert isinstance(games, CutOutVecEnv)
        return {"views": self.preprocess(observations), "progress": progress_of(games.games)}

    def reset(self) -> Seen:
        """Start all games anew."""
        observations = self.venv.reset()
        assert isinstance(observations, np.ndarray)
        return self.see(observations)

    def step_wait(self) -> VecEnvStepReturn:
        """Make the moves."""
        observations, rewards, dones, infos = self.venv.step_wait()
        assert isinstance(observations, np.ndarray)
        for i in np.flatnonzero(dones):
            views = self.preprocess(infos[i]["terminal_observation"][None])[0]
            progress = np.array((infos[i]["iou"], 0), np.float32)
            infos[i]["terminal_observation"] = {"views": views, "progress": progress}
        return self.see(observations), rewards, dones, infos
