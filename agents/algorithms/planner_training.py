"""The training loop of the planner."""

from collections import deque
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3.common.utils import get_device
from stable_baselines3.common.vec_env.base_vec_env import VecEnvObs
from torch import nn

from cutout_rl.agents.algorithms.planner_config import PlannerConfig
from cutout_rl.agents.algorithms.prior_factory import initialise_prior, make_prior_learner
from cutout_rl.agents.networks.object_prior import priors_of
from cutout_rl.agents.networks.object_prior_net import ObjectPriorNet
from cutout_rl.agents.planning.beam_search import BeamSearch
from cutout_rl.agents.planning.planning_player import PlanningPlayer
from cutout_rl.agents.planning.prior_players import PriorCut, TracingPlayer
from cutout_rl.agents.training.checkpoint import load_extra_tensors, restoring
from cutout_rl.agents.training.monitor import TrainingMonitor
from cutout_rl.agents.training.random_episodes import draw_moves
from cutout_rl.agents.training.reward_prior import RewardPriorLearner
from cutout_rl.agents.training.sb3_vec_env import CutOutVecEnv
from cutout_rl.agents.training.seeds import Stream, game_seeds, generator, stream_seed
from cutout_rl.evaluation.evaluation import evaluate, held_out_factory, held_out_images
from cutout_rl.runs.run_folder import FINAL, RunFolder

_EPISODES_SHOWN: Final = 100


class PlannerNetwork(nn.Module):
    """What a planner's checkpoint holds.

    Attributes:
        object_net: predicts the object prior.
    """

    def __init__(self) -> None:
        """Create the layers."""
        super().__init__()
        self.object_net = ObjectPriorNet().requires_grad_(False)


def make_player(config: PlannerConfig, object_net: ObjectPriorNet) -> PlanningPlayer:
    """Create the player of an object prior."""
    search = BeamSearch(config.search_depth, expert_moves=config.search_tracing, discount=config.search_discount)
    priors = priors_of(object_net)
    return PlanningPlayer(priors, search, PriorCut(priors))


def train(config: PlannerConfig, run: RunFolder) -> None:
    """Train as `cutout_rl.agents.algorithms.planner.Planner.train` documents."""
    torch.set_num_threads(1)
    torch.manual_seed(stream_seed(config.seed, Stream.WEIGHTS))
    network = PlannerNetwork().to(get_device(config.device))
    factory = held_out_factory(config.game_config(), "val")

    def validate() -> Mapping[str, float]:
        result = evaluate(
            make_player(config, network.object_net), factory, held_out_images(factory, config.eval_images)
        )
        return {f"planner{FINAL}": result.final, "planner_best": result.best}

    monitor = TrainingMonitor(config, run, network, None, validate)
    learner = make_prior_learner(config, network.object_net)
    games = CutOutVecEnv(config.n_envs, **asdict(config.game_config()))
    if monitor.training is None:
        prepare = partial(initialise_prior, config, network.object_net, games.images, games)
        learner = monitor.prepare(prepare) or learner
    rounds = _Rounds(config, network.object_net, games, learner)
    if monitor.training is None:
        rounds.begin()
    else:
        with restoring(run.last_checkpoint):
            learner.restore(load_extra_tensors(run.last_checkpoint))
            rounds.restore(monitor.training)
    monitor.extra = learner.tensors
    with monitor:
        while config.refines_prior and not monitor.is_over():
            monitor.between_rollouts(rounds.state())
            rounds.play(1 - monitor.share_done())
            monitor.after_rollout(monitor.timesteps + config.n_envs * config.step_count, rounds.latest)
            monitor.logger.dump(monitor.timesteps)
        monitor.between_rollouts(rounds.state(), is_last=True)


class _Rounds:
    """Rounds of games traced by the prior with some random moves, after each of which the prior is refined."""

    def __init__(
        self, config: PlannerConfig, object_net: ObjectPriorNet, games: CutOutVecEnv, learner: RewardPriorLearner
    ) -> None:
        self.latest: deque[Mapping[str, Any]] = deque(maxlen=_EPISODES_SHOWN)
        self._config = config
        self._games = games
        self._learner = learner
        self._recorder = learner.record(config.n_envs, config.step_count)
        self._observations = np.zeros(0, np.uint8)
        self._priors = priors_of(object_net)
        self._player = TracingPlayer(self._priors)
        self._rng = generator(config.seed, Stream.EXPLORATION, 1)

    def begin(self) -> None:
        """Start the games."""
        self._games.seed_each(game_seeds(self._config.seed, self._config.n_envs))
        self._observations = _array(self._games.reset())
        self._recorder.begin(self._observations, self._games.reset_infos)

    def play(self, left: float) -> None:
        """Play every game once, and refine the prior; `left` is the share of the training that is left."""
        config, games = self._config, self._games
        for _ in range(config.step_count):
            random = draw_moves(games, self._rng)
            explores = self._rng.random(len(random)) < config.exploration
            moves = np.where(explores, random, self._player.act(self._observations, games.games))
            observations, _, dones, infos = games.step(moves)
            self._observations = _array(observations)
            self._recorder.record(self._observations, dones, infos, games.reset_infos)
            self.latest += [infos[i]["episode"] for i in np.flatnonzero(dones)]
        self._learner.learn(config.refinement, config.refinement_rate * left)
        self._priors.forget()

    def state(self) -> dict[str, Any]:
        """Return the JSON-able state between two rounds."""
        return {
            "games": self._games.state(),
            "draws": self._rng.bit_generator.state,
            "latest_episodes": list(self.latest),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Restore a `state`."""
        self._observations = _array(self._games.restore(state["games"]))
        self._rng.bit_generator.state = state["draws"]
        self.latest.extend(state["latest_episodes"])


def _array(observations: VecEnvObs) -> NDArray[np.uint8]:
    assert isinstance(observations, np.ndarray)
    return observations
