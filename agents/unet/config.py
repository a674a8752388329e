"""The flags of the U-Net."""

from dataclasses import dataclass
from typing import Annotated, Literal

from cutout_rl.agents.unet.encoders import require_encoder
from cutout_rl.runs.train_config import AlgorithmName, TrainConfig
from cutout_rl.utils.ranges import Count, LearningRate, Range, Share, Steps

Schedule = Literal["cosine", "step"]


@dataclass(frozen=True)
class UNetConfig(TrainConfig):
    """Train a U-Net on images and their masks, as a fully supervised baseline of the agents that draw strokes."""

    algo: AlgorithmName = "unet"
    observation_size: int = 64
    """Side of the network's input in pixels; its masks are enlarged to image-size."""
    encoder: str = "resnet18"
    """Encoder: a name of segmentation-models-pytorch, or tu-NAME of timm, such as tu-mobilenetv3_small_100."""
    encoder_weights: str | None = None
    """File (.safetensors) of the encoder's initial weights, as published with it; nothing is downloaded. Default:
    random weights."""
    decoder_channels: Annotated[int, Range(1, 4096)] = 128
    """Channels of the decoder's deepest block; each further block has half as many."""
    labelled_images: Count = 2000
    """Number of training images, drawn from the train split by the seed; all of them if it has fewer."""
    augment: Count = 100
    """Versions of each training image: the original and randomly transformed ones; more than 1 needs
    pip install 'cutout-rl[augment]'."""
    turn: bool = False
    """Also rotate every version by a random multiple of 90 degrees, for objects of any orientation."""
    presence: bool = False
    """Also classify whether the image contains the object, by a second head on the encoder; the mask is empty if it
    does not. For data with images without an object, such as markers with --masks presence."""
    batch_size: Annotated[int, Range(2, 2**16)] = 8  # batch normalisation needs more than one
    """Images in a gradient step."""
    learning_rate: LearningRate = 1e-3
    """Initial learning rate, after a warm-up."""
    schedule: Schedule = "cosine"
    """Decay of the learning rate. cosine: half a cosine to 0. step: to a tenth after 60 and a hundredth after 85
    percent of the training."""
    weight_decay: Share = 1e-2
    """Decoupled weight decay."""
    total_timesteps: Steps = 10_000
    """Images to train on, counting every version shown."""
    eval_every: Count = 1_000
    """Training images between two evaluations on the validation split."""
    checkpoint_every: Count = 1_000
    """Training images between two checkpoints."""

    def __post_init__(self) -> None:
        """Check the values, before any image is read.

        Raises:
            CutOutError: a value is invalid, or a package is missing.
        """
        self.game_config()  # checks the sizes
        self.check_training()
        require_encoder(self.encoder)
