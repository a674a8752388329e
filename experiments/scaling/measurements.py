"""The measurements of the scaling study."""

from typing import NamedTuple


class Costs(NamedTuple):
    """The costs of one core.

    Attributes:
        play: seconds per step, of sampling: environment, observation and inference.
        unpack: seconds per step, of deserializing the samples of a runner.
        update: seconds per step, of the update, over all epochs.
        sample_bytes: bytes per step sent by a runner.
        apply: seconds of loading new weights in a runner.
        weight_bytes: bytes of the weights sent to every runner.
        gradient_bytes: bytes of the gradients that learners would exchange.
        checkpoint_bytes: bytes of a run's checkpoint.
        minibatches: gradient steps per update.
        batch: steps per update.
    """

    play: float
    unpack: float
    update: float
    sample_bytes: float
    apply: float
    weight_bytes: float
    gradient_bytes: float
    checkpoint_bytes: float
    minibatches: int
    batch: int


class Measured(NamedTuple):
    """The throughput of one update: sampling, learning and sending the weights.

    Attributes:
        nodes: number of nodes that sample, with one core each.
        round: number of the update.
        training: steps/s of wall time.
        unshared: steps/s of the CPU time of the busiest runner plus that of the learner, which is the wall time if each
            has its own core, except for waiting and communication.
    """

    nodes: int
    round: int
    training: float
    unshared: float
