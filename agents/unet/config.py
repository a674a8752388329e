"""The flags of the U-Net."""

from dataclasses import dataclass
from typing import Literal

import torch

from cutout_rl.agents.unet.network import require_encoder
from cutout_rl.runs.train_config import TrainConfig
from cutout_rl.utils.errors import CutOutError

Schedule = Literal["cosine", "step"]


@dataclass(frozen=True)
class UNetConfig(TrainConfig):
    """Train a U-Net on images and their masks: what full supervision reaches, beside agents that draw strokes.

    It sees the whole image at observation-size, and its masks are enlarged to image-size; the flags of pens, steps,
    rewards and games say nothing to it.
    """

    algo: str = "unet"
    """Learning algorithm: ppo, a2c, bc, unet, or one that another installed package offers."""
    encoder: str = "resnet18"
    """Encoder: a name of segmentation-models-pytorch, or tu-NAME of timm, such as tu-mobilenetv3_small_100."""
    encoder_weights: str | None = None
    """File of weights to begin the encoder with, .safetensors, as published with it; nothing is fetched. Default:
    none, it learns from nothing."""
    decoder_channels: int = 128
    """Channels of the decoder's deepest block; each further block has half as many."""
    labelled_images: int = 2000
    """Images of the train split to learn from, drawn by the seed; all of them where the split has fewer."""
    augment: int = 100
    """Versions of each of these images, the first as it is, the others transformed by chance."""
    turn: bool = False
    """Turn every version by some quarter turns as well, for objects that lie at any angle."""
    presence: bool = False
    """Learn too whether the object is in the image at all, by a second head on the encoder; where it says no, the mask
    is empty. For data with images without an object, such as markers with the masks "presence"."""
    batch_size: int = 8
    """Images in a gradient step."""
    learning_rate: float = 1e-3
    """Step size of the optimizer at the beginning, after a warm-up."""
    schedule: Schedule = "cosine"
    """How it falls. cosine: to 0 along half a cosine. step: to a tenth after 60 of 100 images, to a hundredth after
    85."""
    weight_decay: float = 1e-2
    """Decoupled weight decay."""
    total_timesteps: int = 10_000
    """Images to show, in whatever version."""
    eval_every: int = 1_000
    """Images shown between two evaluations on the validation split."""
    checkpoint_every: int = 1_000
    """Images shown between two checkpoints."""

    def __post_init__(self) -> None:
        """Refuse what does not fit before any image is read.

        Raises:
            CutOutError: a value does not fit, or a package is missing.
        """
        self.game_config()
        at_least_one = (
            "decoder_channels",
            "labelled_images",
            "augment",
            "total_timesteps",
            "eval_every",
            "eval_images",
            "checkpoint_every",
        )
        self.require_at_least({**dict.fromkeys(at_least_one, 1), "seed": 0, "test_images": 0})
        self.require_at_least({"batch_size": 2})  # batch normalisation needs several
        if not self.learning_rate > 0:
            raise CutOutError(f"learning_rate is {self.learning_rate}, but must be above 0.")
        if self.minutes is not None and not self.minutes > 0:
            raise CutOutError(f"minutes is {self.minutes}, but must be above 0.")
        if self.weight_decay < 0:
            raise CutOutError(f"weight_decay is {self.weight_decay}, but must be at least 0.")
        if self.device == "cuda" and not torch.cuda.is_available():
            raise CutOutError("device is cuda, but torch finds no GPU here; take --device cpu or auto.")
        require_encoder(self.encoder)
