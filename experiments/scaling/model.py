"""How many steps a second a cluster would make, on paper, from the costs of one core."""

from dataclasses import dataclass
from typing import Final

from cutout_rl.experiments.scaling.results import Costs

NODES: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000)


@dataclass(frozen=True)
class Links:
    """What was not measured.

    Attributes:
        bandwidth: bytes a second, between any two nodes and to the file server.
        latency: seconds of a message.
    """

    bandwidth: float = 1.25e9
    latency: float = 1e-4


def one_learner(nodes: int, costs: Costs, links: Links) -> float:
    """Compute steps/s where each node's core plays a batch of its own and one more core learns from all of them.

    PPO is synchronous: runners play at the same time, then everything they sent passes through the learner's link and
    its core, and the new weights go out to each of them.
    """
    steps = nodes * costs.batch
    carried = steps * (costs.unpack + costs.sample_bytes / links.bandwidth)
    spread = nodes * costs.weight_bytes / links.bandwidth + costs.apply
    seconds = costs.batch * costs.play + carried + steps * costs.update + spread + 2 * links.latency
    return steps / seconds


def learner_per_node(nodes: int, costs: Costs, links: Links) -> float:
    """Compute steps/s where a core of each node learns too, from its share, and gradients are averaged by a ring.

    RLlib's driver still carries every step from the runners to the learners: in through its link, out again, and once
    through its core. Each learner keeps its batch and its gradient steps, so those of all grow with the nodes.
    """
    steps = nodes * costs.batch
    carried = steps * (costs.unpack + 2 * costs.sample_bytes / links.bandwidth)
    ring = 2 * (nodes - 1) * (costs.gradient_bytes / nodes / links.bandwidth + links.latency)
    update = costs.batch * costs.update + costs.minibatches * ring
    spread = nodes * costs.weight_bytes / links.bandwidth + costs.apply
    return steps / (costs.batch * costs.play + carried + update + spread + 2 * links.latency)


def runs_apart(nodes: int, costs: Costs, links: Links, checkpoint_every: int) -> float:
    """Compute steps/s where each node's core trains a run of its own, and all write checkpoints to one file server."""
    alone = nodes / (costs.play + costs.update)
    return min(alone, links.bandwidth / (costs.checkpoint_bytes / checkpoint_every))


def ceiling_of_one_learner(costs: Costs, links: Links) -> float:
    """Compute the steps/s that one learner never passes, however many play: what it can carry and learn from."""
    per_node = costs.weight_bytes / links.bandwidth / costs.batch
    return 1 / (costs.unpack + costs.sample_bytes / links.bandwidth + costs.update + per_node)


def ceiling_of_learners(costs: Costs, links: Links) -> float:
    """Compute the steps/s that learners on each node never pass: what the driver carries, while they wait in a ring."""
    per_node = costs.weight_bytes / links.bandwidth + 2 * costs.minibatches * links.latency
    return 1 / (costs.unpack + 2 * costs.sample_bytes / links.bandwidth + per_node / costs.batch)


def nodes_that_fill_the_file_server(costs: Costs, links: Links, checkpoint_every: int) -> float:
    """Compute how many nodes with a run each write as many checkpoints as one file server takes."""
    return links.bandwidth / (costs.checkpoint_bytes / checkpoint_every) * (costs.play + costs.update)
