"""Training of the object prior's network on ground-truth masks."""

from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from cutout_rl.agents.networks.object_prior_net import SIDE, ObjectPriorNet, shrink
from cutout_rl.agents.training import seeds
from cutout_rl.agents.training.dice_loss import dice_loss
from cutout_rl.agents.training.parallel_reading import read_images
from cutout_rl.agents.training.prior_augmentation import Augment
from cutout_rl.agents.training.seeds import Stream, stream_seed
from cutout_rl.data import DataSource
from cutout_rl.utils.progress import track

_BATCH: Final = 16


def train_object_prior(
    net: ObjectPriorNet,
    source: DataSource,
    n_images: int,
    steps: int,
    augment: Augment,
    seed: int,
    after_step: Callable[[int], None] = lambda steps: None,
) -> None:
    """Train on images and masks with cross-entropy and Dice loss (Milletari et al., 3DV 2016), then freeze.

    The learning rate rises to 4e-3 and falls to 0 (one-cycle; Smith and Topin, 2019).

    Args:
        net: the network, trained in place.
        source: of images and masks; void pixels count as background.
        n_images: number of images to draw from the source; all if it has fewer.
        steps: number of gradient steps, of 16 images each.
        augment: changes images and masks.
        seed: of the training; it determines the choice of images and their augmentation.
        after_step: called with the number of gradient steps after each of them.
    """
    images, masks = _read(source, n_images, seed)
    generator = torch.Generator().manual_seed(stream_seed(seed, Stream.PRIOR_AUGMENTATION))
    device = next(net.parameters()).device
    net.requires_grad_(True)
    optimizer = torch.optim.Adam(net.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, max(steps, 2))
    for step in track(range(steps), "training the object prior"):
        net.train()
        batch = torch.randint(len(images), (_BATCH,), generator=generator)
        augmented, truth = augment(images[batch] / 255, masks[batch] / 255, generator)
        starts = random_starts(truth, generator)
        loss = mask_loss(net(augmented.to(device), starts.to(device)), truth.to(device))
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        schedule.step()
        after_step(step + 1)
    net.requires_grad_(False).eval()


def _read(source: DataSource, n_images: int, seed: int) -> tuple[Tensor, Tensor]:
    """Read images drawn by the seed: (N, 3, 64, 64) uint8, and their (N, 64, 64) uint8 masks, 0 to 255."""
    draw = seeds.generator(seed, Stream.PRIOR_IMAGES)
    chosen = draw.choice(len(source), min(n_images, len(source)), replace=False)
    pairs = read_images(partial(_read_pair, source), chosen, "reading images for the object prior")
    images = torch.as_tensor(np.stack([image for image, _ in pairs])).permute(0, 3, 1, 2)
    return images, torch.as_tensor(np.stack([mask for _, mask in pairs]))


def _read_pair(source: DataSource, index: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    sample = source[index]
    return shrink(sample.image), shrink(sample.mask.astype(np.uint8) * 255)


def mask_loss(log_odds: Tensor, truth: Tensor) -> Tensor:
    """Compute cross-entropy plus Dice loss (Milletari et al., 3DV 2016) of (B, S, S) log-odds; truth in [0, 1]."""
    dice = dice_loss(log_odds, truth, torch.ones_like(truth))
    return functional.binary_cross_entropy_with_logits(log_odds, truth) + dice.mean()


def random_starts(masks: Tensor, generator: torch.Generator) -> Tensor:
    """Draw a point inside and one outside, at least a pixel from the contour where possible: (B, 2, 2) float32."""
    sides = torch.stack([masks, 1 - masks], dim=1)
    deep = -functional.max_pool2d(-sides, 3, stride=1, padding=1)
    weights = ((deep > 0.5) + 1e-4 * sides + 1e-9).flatten(2)
    drawn = torch.multinomial(weights.flatten(0, 1), 1, generator=generator).reshape(-1, 2)
    return torch.stack([drawn // SIDE, drawn % SIDE], dim=2).float()
