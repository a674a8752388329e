"""A model of a cluster's training throughput, from the costs of one core."""

from dataclasses import dataclass
from typing import Final

from cutout_rl.experiments.scaling.measurements import Costs

NODES: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000)


@dataclass(frozen=True)
class Links:
    """The assumed network.

    Attributes:
        bandwidth: bytes per second, between any two nodes and to the file server.
        latency: seconds per message.
    """

    bandwidth: float = 1.25e9
    latency: float = 1e-4


def one_learner(nodes: int, costs: Costs, links: Links) -> float:
    """Compute steps/s if each node's core samples a batch and one more core learns from all of them.

    PPO is synchronous: the runners sample in parallel, then all samples pass through the learner's link and core, and
    the new weights are sent to each runner.
    """
    steps = nodes * costs.batch
    carried = steps * (costs.unpack + costs.sample_bytes / links.bandwidth)
    weights = nodes * costs.weight_bytes / links.bandwidth + costs.apply
    seconds = costs.batch * costs.play + carried + steps * costs.update + weights + 2 * links.latency
    return steps / seconds


def learner_per_node(nodes: int, costs: Costs, links: Links) -> float:
    """Compute steps/s if a core of each node also learns, from its share, with ring all-reduce of the gradients.

    RLlib's driver still carries every step from the runners to the learners: twice through its link and once through
    its core. The batch and the gradient steps of each learner are constant, so that the total batch grows with the
    nodes.
    """
    steps = nodes * costs.batch
    carried = steps * (costs.unpack + 2 * costs.sample_bytes / links.bandwidth)
    ring = 2 * (nodes - 1) * (costs.gradient_bytes / nodes / links.bandwidth + links.latency)
    update = costs.batch * costs.update + costs.minibatches * ring
    weights = nodes * costs.weight_bytes / links.bandwidth + costs.apply
    return steps / (costs.batch * costs.play + carried + update + weights + 2 * links.latency)


def runs_apart(nodes: int, costs: Costs, links: Links, checkpoint_every: int) -> float:
    """Compute steps/s if each node's core trains its own run, and all write checkpoints to one file server."""
    alone = nodes / (costs.play + costs.update)
    return min(alone, links.bandwidth / (costs.checkpoint_bytes / checkpoint_every))


def ceiling_of_one_learner(costs: Costs, links: Links) -> float:
    """Compute the upper bound of steps/s of one learner: what it can receive and learn from."""
    per_node = costs.weight_bytes / links.bandwidth / costs.batch
    return 1 / (costs.unpack + costs.sample_bytes / links.bandwidth + costs.update + per_node)


def ceiling_of_learners(costs: Costs, links: Links) -> float:
    """Compute the upper bound of steps/s with learners on each node: what the driver carries between ring steps."""
    per_node = costs.weight_bytes / links.bandwidth + 2 * costs.minibatches * links.latency
    return 1 / (costs.unpack + 2 * costs.sample_bytes / links.bandwidth + per_node / costs.batch)


def nodes_that_fill_the_file_server(costs: Costs, links: Links, checkpoint_every: int) -> float:
    """Compute the number of nodes whose checkpoints fill one file server."""
    return links.bandwidth / (costs.checkpoint_bytes / checkpoint_every) * (costs.play + costs.update)
