"""Throughput on one and two nodes of a real cluster: processes of this machine, a core each."""

import time
from collections.abc import Callable
from dataclasses import replace

import ray
from ray.cluster_utils import Cluster
from ray.rllib.execution.rollout_ops import synchronous_parallel_sample

from agents.ray_cluster import connect
from agents.rllib.ppo import RLlibPPOConfig
from agents.rllib.training import algorithm_config
from experiments.scaling.results import Measured


def measure_nodes(config: RLlibPPOConfig, most: int, rounds: int, say: Callable[[str], None]) -> list[Measured]:
    """Train on clusters that grow; each runner plays `config.n_envs` games, so that a batch grows with the nodes.

    Args:
        config: of a run.
        most: nodes, from 1 on.
        rounds: of each, after one to warm up.
        say: told how far it is.
    """
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    connect(cluster.address)
    measured = []
    try:
        for nodes in range(1, most + 1):
            cluster.add_node(num_cpus=1)
            say(f"{nodes} nodes, starting")
            of_all = replace(config, env_runners=nodes, n_envs=nodes * config.n_envs)
            algorithm = algorithm_config(of_all).build_algo()
            batch = of_all.n_envs * of_all.n_steps
            for number in range(rounds + 1):
                say(f"{nodes} nodes, round {number} of {rounds}")
                start = time.perf_counter()
                synchronous_parallel_sample(
                    worker_set=algorithm.env_runner_group, max_env_steps=batch, _uses_new_env_runners=True
                )
                played = time.perf_counter()
                algorithm.train()
                trained = time.perf_counter()
                if number:
                    measured.append(Measured(nodes, number, batch / (played - start), batch / (trained - played)))
            algorithm.stop()
    finally:
        ray.shutdown()
        cluster.shutdown()
    return measured
