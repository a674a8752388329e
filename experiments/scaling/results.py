"""What was measured."""

from typing import NamedTuple


class Costs(NamedTuple):
    """Of one core.

    Attributes:
        play: seconds a step, of the game, of looking at it and of choosing a move.
        unpack: seconds a step, of reading what a runner sent.
        update: seconds a step, of learning from it in all passes.
        sample_bytes: bytes a step, as a runner sends it.
        apply: seconds, of taking new weights into a runner.
        weight_bytes: bytes of the weights that every runner is sent.
        gradient_bytes: bytes of the gradients that learners would exchange.
        checkpoint_bytes: bytes of a run's checkpoint.
        minibatches: gradient steps in an update.
        batch: steps in an update.
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
    """An update with so many nodes: play, learn, send the weights.

    Attributes:
        nodes: that play, with a core each.
        round: number of the update.
        training: steps/s, by the clock.
        unshared: steps/s by the time that the busiest runner, and then the learner, had a core: what the clock would
            have told if each had one to itself, but for waiting and carrying.
    """

    nodes: int
    round: int
    training: float
    unshared: float
