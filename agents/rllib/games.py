"""The games as RLlib's env runners play them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from ray.rllib.callbacks.callbacks import RLlibCallback
from ray.rllib.connectors.connector_v2 import ConnectorV2
from ray.rllib.env.single_agent_env_runner import SingleAgentEnvRunner
from ray.rllib.env.single_agent_episode import SingleAgentEpisode

from cutout_rl.agents.networks.asymmetric_policy import asymmetric_space
from cutout_rl.agents.networks.egocentric_crops import Preprocess
from cutout_rl.agents.rllib.config import RLlibPPOConfig
from cutout_rl.agents.rllib.module import PolicyModule

IOUS, RETURNS = "ious", "returns"  # of the episodes that ended, in the env runners' metrics


class NumberedGames(SingleAgentEnvRunner):  # type: ignore[misc]
    """Gives each runner seeds of its own, so that all play together the very games that one process would play.

    RLlib seeds runner k with seed + k, and a batch of games seeds game i with that + i: two runners would share all
    games but one.
    """

    def __init__(self, **arguments: Any) -> None:
        """Make the runner as RLlib does."""
        super().__init__(**arguments)
        runner = max(self.worker_index or 0, 1) - 1  # 0 plays alone
        self._seed = self.config.seed + runner * self.config.num_envs_per_env_runner


class Seen(ConnectorV2):  # type: ignore[misc]
    """Shows the policy views and progress instead of observations, and ends games for good.

    As `cutout_rl.agents.networks.asymmetric_vec_env.AsymmetricVecEnv` and `cutout_rl.agents.training.sb3_vec_env.FixedHorizon` do for Stable-Baselines3: views are cut out
    once a step, and nothing follows an episode's last step.
    """

    def __init__(
        self,
        input_observation_space: spaces.Space[Any] | None = None,
        input_action_space: spaces.Space[Any] | None = None,
        *,
        config: RLlibPPOConfig,
    ) -> None:
        """Preprocess as a run's network does."""
        self._config = config
        self._preprocess: Preprocess | None = None
        super().__init__(input_observation_space, input_action_space)

    def recompute_output_observation_space(
        self, input_observation_space: spaces.Space[Any], input_action_space: spaces.Space[Any]
    ) -> spaces.Space[Any]:
        """Give the space of what the policy takes."""
        views = self._config.view_space()
        return views if self._config.network == "nature" else asymmetric_space(views)

    def __call__(
        self, *, rl_module: PolicyModule, batch: dict[str, Any], episodes: Sequence[SingleAgentEpisode], **_: Any
    ) -> dict[str, Any]:
        """Replace the newest observation of each episode."""
        if self._preprocess is None:
            self._preprocess = self._config.preprocess_for(rl_module.policy)
        views = self._preprocess(np.stack([episode.get_observations(-1) for episode in episodes]))
        for episode, view in zip(episodes, views, strict=True):
            episode.set_observations(at_indices=-1, new_data=self._beside_progress(view, episode))
            episode.observation_space = self.observation_space
            if episode.is_truncated:
                episode.is_terminated, episode.is_truncated = True, False
        return batch

    def _beside_progress(self, view: NDArray[np.uint8], episode: SingleAgentEpisode) -> Any:
        if self._config.network == "nature":
            return view
        info = episode.get_infos(-1)
        left = 1 - info["step"] / self._config.step_count
        return {"views": view, "progress": np.array((info.get("iou", 0), left), np.float32)}


class LogEpisodes(RLlibCallback):  # type: ignore[misc]
    """Reports the final IoU and the return of every episode."""

    def on_episode_end(self, *, episode: SingleAgentEpisode, metrics_logger: Any, **_: Any) -> None:
        """Log both; RLlib gathers them from all runners in the same order."""
        metrics_logger.log_value(IOUS, float(episode.get_infos(-1)["iou"]), reduce="item_series")
        metrics_logger.log_value(RETURNS, float(episode.get_return()), reduce="item_series")
