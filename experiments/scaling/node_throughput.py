"""Throughput on the nodes of a Ray cluster: processes on this machine, with one core each."""

import time
from collections.abc import Callable
from dataclasses import replace

import ray
from ray.cluster_utils import Cluster
from ray.rllib.algorithms.algorithm import Algorithm

from cutout_rl.agents.rllib.config import RLlibPPOConfig
from cutout_rl.agents.rllib.training import algorithm_config
from cutout_rl.agents.training.ray_cluster import connect
from cutout_rl.experiments.scaling.measurements import Measured


def measure_nodes(config: RLlibPPOConfig, max_nodes: int, rounds: int, say: Callable[[str], None]) -> list[Measured]:
    """Train on clusters of 1, 2, ... nodes; each runner has `config.n_envs` games, so that batches grow with the nodes.

    Args:
        config: of a run.
        max_nodes: the largest number of nodes.
        rounds: number of updates for each, after one to warm up.
        say: receives progress messages.
    """
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    connect(cluster.address)
    measured = []
    try:
        for nodes in range(1, max_nodes + 1):
            cluster.add_node(num_cpus=1)
            say(f"{nodes} nodes, starting")
            total = replace(config, env_runners=nodes, n_envs=nodes * config.n_envs)
            algorithm = algorithm_config(total).build_algo()
            batch = total.n_envs * total.n_steps
            for number in range(rounds + 1):
                say(f"{nodes} nodes, round {number} of {rounds}")
                start, busy = time.perf_counter(), _busy_seconds(algorithm)
                algorithm.train()
                seconds = time.perf_counter() - start
                learner, *runners = (
                    after - before for after, before in zip(_busy_seconds(algorithm), busy, strict=True)
                )
                if number:
                    measured.append(Measured(nodes, number, batch / seconds, batch / (max(runners) + learner)))
            algorithm.stop()
    finally:
        ray.shutdown()
        cluster.shutdown()
    return measured


def _busy_seconds(algorithm: Algorithm) -> list[float]:
    """Return the CPU seconds of this process, which learns, and of each runner."""
    runners = algorithm.env_runner_group.foreach_env_runner(lambda _: time.process_time(), local_env_runner=False)
    return [time.process_time(), *runners]
