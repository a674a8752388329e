"""The costs of training with RLlib in CPU time, which other load on the machine does not affect."""

import pickle
import time
from collections.abc import Callable
from statistics import median

import torch
from ray.rllib.algorithms.algorithm import Algorithm
from ray.rllib.core import COMPONENT_RL_MODULE
from ray.rllib.utils.metrics import NUM_ENV_STEPS_SAMPLED_LIFETIME, NUM_MODULE_STEPS_TRAINED_LIFETIME

from cutout_rl.agents.algorithms.policy_factory import initialise_policy, make_policy
from cutout_rl.agents.rllib.config import RLlibPPOConfig
from cutout_rl.agents.rllib.training import algorithm_config, fetch, send
from cutout_rl.agents.training.checkpoint import copy_tensors
from cutout_rl.experiments.scaling.measurements import Costs


def measure_costs(config: RLlibPPOConfig, rounds: int, say: Callable[[str], None]) -> Costs:
    """Measure sampling and updates in this process, on one core.

    Args:
        config: of a run that samples in the process of the learner (`env_runners` 0).
        rounds: number of updates for the medians, after one to warm up.
        say: receives progress messages.

    Raises:
        CutOutError: the images, or the checkpoint of the object prior, cannot be read.
    """
    torch.set_num_threads(1)
    torch.manual_seed(config.seed)
    policy = make_policy(config)
    initialise_policy(config, policy, config.open_source())
    algorithm = algorithm_config(config).build_algo()
    send(policy, algorithm)
    measured = []
    for round_number in range(rounds + 1):
        say(f"costs, round {round_number} of {rounds}")
        measured.append(_measure_round(algorithm, config))
    play, unpack, update, sample_bytes, apply, weight_bytes = (median(of) for of in zip(*measured[1:], strict=True))
    batch = config.n_envs * config.n_steps
    trained = [weight.numel() * weight.element_size() for weight in policy.parameters() if weight.requires_grad]
    fetch(algorithm, policy)
    tensors = copy_tensors(policy, policy.optimizer)
    algorithm.stop()
    return Costs(
        play,
        unpack,
        update,
        sample_bytes,
        apply,
        weight_bytes,
        sum(trained),
        sum(tensor.numel() * tensor.element_size() for tensor in tensors.values()),
        config.n_epochs * -(-batch // config.batch_size),
        batch,
    )


def _measure_round(algorithm: Algorithm, config: RLlibPPOConfig) -> tuple[float, ...]:
    runner, learners = algorithm.env_runner_group.local_env_runner, algorithm.learner_group
    start = time.process_time()
    episodes = runner.sample()
    played = time.process_time()
    steps = sum(map(len, episodes))
    sent = pickle.dumps(episodes, protocol=5)
    packed = time.process_time()
    received = pickle.loads(sent)  # safe: pickled above
    unpacked = time.process_time()
    learners.update(
        episodes=received,
        timesteps={NUM_ENV_STEPS_SAMPLED_LIFETIME: steps, NUM_MODULE_STEPS_TRAINED_LIFETIME: steps},
        num_epochs=config.n_epochs,
        minibatch_size=config.batch_size,
        shuffle_batch_per_epoch=True,
    )
    updated = time.process_time()
    weights = pickle.dumps(learners.get_weights(), protocol=5)
    loading = time.process_time()
    runner.set_state({COMPONENT_RL_MODULE: pickle.loads(weights)})
    applied = time.process_time()
    return (
        (played - start) / steps,
        (unpacked - packed) / steps,
        (updated - unpacked) / steps,
        len(sent) / steps,
        applied - loading,
        len(weights),
    )
