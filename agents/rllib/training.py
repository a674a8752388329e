"""The training loop of RLlib's PPO."""

import logging
import math
from collections import deque
from dataclasses import asdict
from functools import partial
from typing import Any, Final

import torch
from ray.rllib.algorithms.algorithm import Algorithm
from ray.rllib.algorithms.ppo import PPOConfig
from ray.rllib.core import COMPONENT_LEARNER, COMPONENT_OPTIMIZER, COMPONENT_RL_MODULE, DEFAULT_MODULE_ID
from ray.rllib.core.rl_module.rl_module import RLModuleSpec
from ray.rllib.utils.metrics import ENV_RUNNER_RESULTS, NUM_ENV_STEPS_SAMPLED_LIFETIME
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.utils import get_device

from cutout_rl.agents.algorithms.on_policy_training import require_rollout_memory
from cutout_rl.agents.algorithms.policy_factory import initialise_policy, make_policy, preprocess_for
from cutout_rl.agents.rllib.config import RLlibPPOConfig
from cutout_rl.agents.rllib.env_runner import IOUS, RETURNS, LogEpisodes, PreprocessConnector, SeededEnvRunner
from cutout_rl.agents.rllib.module import PolicyLearner, PolicyModule
from cutout_rl.agents.training.checkpoint import restoring
from cutout_rl.agents.training.policy_monitor import PolicyMonitor
from cutout_rl.agents.training.seeds import Stream, stream_seed
from cutout_rl.runs.run_folder import RunFolder

ENV: Final = "cutout_rl:cutout_rl/CutOut-v0"
_PARTS: Final = (COMPONENT_RL_MODULE, COMPONENT_OPTIMIZER)
_LATEST: Final = 100  # episodes
_POLICY: Final = "policy."  # of `PolicyModule`
_OPTIMIZER: Final = f"{DEFAULT_MODULE_ID}_default_optimizer"


def train(config: RLlibPPOConfig, run: RunFolder) -> None:
    """Train as `RLlibPPO.train` documents, on the cluster that this process is connected to.

    A copy of the policy stays in this process to be validated and saved.

    Raises:
        CutOutError: the images cannot be used, or a checkpoint cannot be read.
        KeyboardInterrupt: the user stopped the run; the checkpoint has been saved.
    """
    require_rollout_memory(config)
    torch.set_num_threads(1)
    torch.manual_seed(stream_seed(config.seed, Stream.WEIGHTS))
    policy = make_policy(config)
    monitor = PolicyMonitor(config, run, policy, partial(preprocess_for, config, policy))
    if monitor.training is None:
        monitor.prepare(partial(initialise_policy, config, policy, config.open_source()))
    before = monitor.timesteps
    latest = deque[dict[str, float]](maxlen=_LATEST)
    if monitor.training is not None:
        with restoring(run.last_checkpoint):
            latest.extend(
                {name: float(each[name]) for name in ("iou", "r")} for each in monitor.training["latest_episodes"]
            )
    algorithm = algorithm_config(config, before).build_algo()
    try:
        send(policy, algorithm)
        with monitor:
            while not monitor.is_over():
                monitor.between_rollouts({"latest_episodes": list(latest)})
                slow_down(algorithm, config, monitor.share_done())
                result = algorithm.train()[ENV_RUNNER_RESULTS]
                fetch(algorithm, policy)
                ended = zip(result.get(IOUS, ()), result.get(RETURNS, ()), strict=True)
                latest.extend({"iou": iou, "r": value} for iou, value in ended)
                monitor.after_rollout(before + int(result[NUM_ENV_STEPS_SAMPLED_LIFETIME]), latest)
                monitor.logger.dump(monitor.timesteps)
            monitor.between_rollouts({"latest_episodes": list(latest)}, is_last=True)
    finally:
        algorithm.stop()


def algorithm_config(config: RLlibPPOConfig, timesteps: int = 0) -> PPOConfig:
    """Return RLlib's configuration of a run; the rates are constant, see `slow_down`.

    Args:
        config: of the run.
        timesteps: steps before its resumption, 0 for a new run; its games and moves depend on them.
    """
    logging.getLogger("ray.rllib").setLevel(logging.ERROR)  # it warns about its own defaults
    batch = config.n_envs * config.n_steps
    return (
        PPOConfig()
        .environment(ENV, env_config={"threads": 1, **asdict(config.game_config())})
        .env_runners(
            env_runner_cls=SeededEnvRunner,
            num_env_runners=config.env_runners,
            num_envs_per_env_runner=config.envs_per_runner,
            gym_env_vectorize_mode="vector_entry_point",
            rollout_fragment_length=config.n_steps,
            env_to_module_connector=partial(_connector, config),
        )
        .learners(
            learner_class=PolicyLearner,
            num_learners=0,
            num_gpus_per_learner=int(get_device(config.device).type == "cuda"),
        )
        .rl_module(
            rl_module_spec=RLModuleSpec(
                module_class=PolicyModule, model_config={"config": config, "timesteps": timesteps}
            )
        )
        .training(
            train_batch_size_per_learner=batch,
            minibatch_size=min(config.batch_size, batch),
            num_epochs=config.n_epochs,
            lr=config.learning_rate,
            entropy_coeff=config.ent_coef,
            gamma=config.gamma,
            lambda_=config.gae_lambda,
            clip_param=config.clip_range,
            vf_loss_coeff=config.vf_coef,
            vf_clip_param=math.inf,
            use_kl_loss=False,
            grad_clip=config.max_grad_norm,
            grad_clip_by="global_norm",
        )
        .callbacks(LogEpisodes)
        .debugging(seed=stream_seed(config.seed, Stream.MOVES, timesteps), log_level="ERROR")
        .fault_tolerance(restart_failed_env_runners=True)
    )


def _connector(config: RLlibPPOConfig, env: Any, spaces: Any, device: Any) -> PreprocessConnector:
    return PreprocessConnector(config=config)


def slow_down(algorithm: Algorithm, config: RLlibPPOConfig, done: float) -> None:
    """Set the rates of the next update by the completed share of the training, in [0, 1]."""
    left = 1 - done
    rates = {"learning_rate": config.learning_rate * left, "entropy_bonus": config.ent_coef * left}
    algorithm.learner_group.foreach_learner(lambda learner: learner.set_rates(**rates))


def send(policy: ActorCriticPolicy, algorithm: Algorithm) -> None:
    """Copy a policy's weights and optimizer state to the learner, and the weights to the env runners."""
    weights = {_POLICY + name: tensor.cpu().numpy() for name, tensor in policy.state_dict().items()}
    state = policy.optimizer.state_dict()
    optimizer = {"module_id": DEFAULT_MODULE_ID, "state": state}
    learner = {
        COMPONENT_RL_MODULE: {DEFAULT_MODULE_ID: weights},
        COMPONENT_OPTIMIZER: {_OPTIMIZER: optimizer},
    }
    algorithm.learner_group.set_state({COMPONENT_LEARNER: learner})
    algorithm.env_runner_group.sync_weights(from_worker_or_learner_group=algorithm.learner_group)


def fetch(algorithm: Algorithm, policy: ActorCriticPolicy) -> None:
    """Copy the learner's weights and optimizer state to a policy."""
    state = algorithm.learner_group.get_state([f"{COMPONENT_LEARNER}/{part}" for part in _PARTS])[COMPONENT_LEARNER]
    weights = state[COMPONENT_RL_MODULE][DEFAULT_MODULE_ID]
    policy.load_state_dict({name.removeprefix(_POLICY): torch.as_tensor(value) for name, value in weights.items()})
    moments = state[COMPONENT_OPTIMIZER][_OPTIMIZER]["state"]["state"]
    policy.optimizer.load_state_dict(
        {
            "state": {i: {key: torch.as_tensor(value) for key, value in of.items()} for i, of in moments.items()},
            "param_groups": policy.optimizer.state_dict()["param_groups"],
        }
    )
