"""RLlib's env runner with seeds, action masks, preprocessing and metrics of this project."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from gymnasium import spaces
from gymnasium.vector import VectorEnv, VectorWrapper
from numpy.typing import NDArray
from ray.rllib.callbacks.callbacks import RLlibCallback
from ray.rllib.connectors.connector_v2 import ConnectorV2
from ray.rllib.env.single_agent_env_runner import SingleAgentEnvRunner
from ray.rllib.env.single_agent_episode import SingleAgentEpisode

from cutout_rl.agents.algorithms.policy_factory import policy_space, preprocess_for
from cutout_rl.agents.networks.egocentric_crops import Preprocess
from cutout_rl.agents.rllib.config import RLlibPPOConfig
from cutout_rl.agents.rllib.module import PolicyModule
from cutout_rl.agents.training.seeds import game_seeds
from cutout_rl.vector_env import CutOutVectorEnv

ACTION_MASK: Final = "action_mask"  # key of the infos
IOUS, RETURNS = "ious", "returns"  # keys of the finished episodes in the env runners' metrics


class ActionMasksInInfos(VectorWrapper):
    """Adds the action mask of every game (`Game.action_mask`) to its info, as `ACTION_MASK`.

    The infos of the wrapped environment are a list, as RLlib has them.
    """

    def __init__(self, env: VectorEnv[Any, Any, Any]) -> None:
        """Wrap a `CutOutVectorEnv`, or a wrapper of one."""
        super().__init__(env)
        games = self.unwrapped
        assert isinstance(games, CutOutVectorEnv)
        self._games = games

    def reset(self, **arguments: Any) -> tuple[Any, Any]:
        """Start new episodes."""
        observations, infos = self.env.reset(**arguments)
        return observations, self._with_masks(infos)

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, Any]:
        """Take an action in every game."""
        *results, infos = self.env.step(actions)
        return (*results, self._with_masks(infos))

    def _with_masks(self, infos: Any) -> Any:
        masks = self._games.action_masks().astype(np.uint8)
        return [info | {ACTION_MASK: mask} for info, mask in zip(infos, masks, strict=True)]


class SeededEnvRunner(SingleAgentEnvRunner):  # type: ignore[misc]
    """An env runner whose games continue those of the runners before it, so that all play the games of one process.

    RLlib seeds runner k with seed + k, and a batch of games seeds game i with that + i, so two runners would share all
    games but one.
    """

    env: Any

    def __init__(self, **arguments: Any) -> None:
        """Create the runner with RLlib's arguments."""
        super().__init__(**arguments)
        runner = max(self.worker_index or 0, 1) - 1  # 0 is the only runner
        n = self.config.num_envs_per_env_runner
        settings = self.config.rl_module_spec.model_config
        run = settings["config"]
        assert isinstance(run, RLlibPPOConfig)
        # The initial reset takes one seed per game; those of a resumed run are others than before.
        self._seed = game_seeds(run.seed, n, settings["timesteps"] + runner * n)

    def make_env(self) -> None:
        """Create the games, with their action masks in the infos."""
        super().make_env()
        self.env = ActionMasksInInfos(self.env)


class PreprocessConnector(ConnectorV2):  # type: ignore[misc]
    """Replaces observations by crops, progress and action mask, as `AsymmetricVecEnv` does for Stable-Baselines3."""

    def __init__(
        self,
        input_observation_space: spaces.Space[Any] | None = None,
        input_action_space: spaces.Space[Any] | None = None,
        *,
        config: RLlibPPOConfig,
    ) -> None:
        """Use a run's configuration."""
        self._config = config
        self._preprocess: Preprocess | None = None
        super().__init__(input_observation_space, input_action_space)

    def recompute_output_observation_space(
        self, input_observation_space: spaces.Space[Any], input_action_space: spaces.Space[Any]
    ) -> spaces.Space[Any]:
        """Return the policy's observation space, with the action mask."""
        assert isinstance(input_action_space, spaces.Discrete)
        mask = spaces.Box(0, 1, (int(input_action_space.n),), np.uint8)
        return spaces.Dict({**policy_space(self._config), "mask": mask})

    def __call__(
        self, *, rl_module: PolicyModule, batch: dict[str, Any], episodes: Sequence[SingleAgentEpisode], **_: Any
    ) -> dict[str, Any]:
        """Replace the newest observation of each episode."""
        if self._preprocess is None:
            self._preprocess = preprocess_for(self._config, rl_module.policy)
        inputs = self._preprocess(np.stack([episode.get_observations(-1) for episode in episodes]))
        for episode, actor_input in zip(episodes, inputs, strict=True):
            episode.set_observations(at_indices=-1, new_data=self._policy_observation(actor_input, episode))
            episode.observation_space = self.observation_space
        return batch

    def _policy_observation(self, actor_input: NDArray[np.uint8], episode: SingleAgentEpisode) -> Any:
        info = episode.get_infos(-1)
        left = 1 - info["step"] / self._config.step_count
        progress = np.array((info.get("iou", 0), left), np.float32)
        return {"actor": actor_input, "progress": progress, "mask": info[ACTION_MASK]}


class LogEpisodes(RLlibCallback):  # type: ignore[misc]
    """A callback that logs the final IoU and the return of every episode."""

    def on_episode_end(self, *, episode: SingleAgentEpisode, metrics_logger: Any, **_: Any) -> None:
        """Log both; RLlib collects them from all runners in the same order."""
        metrics_logger.log_value(IOUS, float(episode.get_infos(-1)["iou"]), reduce="item_series")
        metrics_logger.log_value(RETURNS, float(episode.get_return()), reduce="item_series")
