"""A network that guesses from the image alone where the object is, before any stroke is drawn."""

from functools import partial
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import track
from torch import Tensor, nn
from torch.nn import functional

from cutout_rl.images.source import DataSource
from cutout_rl.parallel import map_games

SIDE: Final = 64  # px; images are shrunk to it, or enlarged
_WIDTHS: Final = (12, 24, 32, 48)  # channels at full, half, quarter and eighth resolution


class ObjectNet(nn.Module):
    """A small U-Net (Ronneberger et al., MICCAI 2015): (B, 3, 64, 64) in [0, 1] to (B, 64, 64) log-odds of object."""

    def __init__(self) -> None:
        """Make 116,000 weights."""
        super().__init__()
        self._down = nn.ModuleList(map(_block, (3, *_WIDTHS[:-1]), _WIDTHS))
        self._up = nn.ModuleList(_block(below + width, width) for width, below in list(pairwise(_WIDTHS))[::-1])
        self._head = nn.Conv2d(_WIDTHS[0], 1, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Compute the log-odds."""
        features, skipped = images, []
        for depth, block in enumerate(self._down):
            features = block(functional.max_pool2d(features, 2) if depth else features)
            skipped.append(features)
        for block, skip in zip(self._up, skipped[-2::-1], strict=True):
            features = block(torch.cat([functional.interpolate(features, scale_factor=2), skip], dim=1))
        odds: Tensor = self._head(features)[:, 0]
        return odds


def _block(channels_in: int, channels_out: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for channels in (channels_in, channels_out):
        layers += [nn.Conv2d(channels, channels_out, 3, padding=1), nn.BatchNorm2d(channels_out), nn.ReLU()]
    return nn.Sequential(*layers)


def shrink(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Resize an (H, W) or (H, W, C) uint8 picture to 64 x 64."""
    small = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


@torch.no_grad()
def guess_object(net: ObjectNet, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Draw the map of an (S, S, 3) uint8 image: (S, S) uint8, 255 where the network is sure of the object."""
    net.eval()
    device = next(net.parameters()).device
    pixels = torch.as_tensor(shrink(image), device=device).permute(2, 0, 1)[None] / 255
    chance = (net(pixels)[0].sigmoid() * 255).round().to(torch.uint8).cpu().numpy()
    size = len(image)
    return np.asarray(cv2.resize(chance, (size, size), interpolation=cv2.INTER_LINEAR), np.uint8)


def _pair(source: DataSource, index: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    sample = source[index]
    return shrink(sample.image), shrink(sample.mask.astype(np.uint8) * 255)


def fit_object_net(net: ObjectNet, source: DataSource, images: int, steps: int, seed: int) -> None:
    """Train on images of a source and their masks, by cross-entropy and Dice loss (Milletari et al., 3DV 2016).

    Images are mirrored and their colours scaled by 0.8 to 1.2 at random. The learning rate rises to 4e-3 and falls to 0
    (Smith and Topin, 2019).

    Args:
        net: to train, in place.
        source: of images and masks; void pixels count as background.
        images: how many to draw from the source, or all if it has fewer.
        steps: gradient steps of 24 images.
        seed: of the choice of images and what is done to them.
    """
    rng = np.random.default_rng(seed)
    chosen = rng.choice(len(source), min(images, len(source)), replace=False)
    chunks = np.array_split(chosen, len(chosen) // 64 + 1)
    progress = track(chunks, "images to learn the object map from", transient=True)
    pairs = [pair for chunk in progress for pair in map_games(partial(_pair, source), chunk.tolist())]
    x = np.stack([picture for picture, _ in pairs]).transpose(0, 3, 1, 2)
    y = np.stack([mask for _, mask in pairs])
    device = next(net.parameters()).device
    net.requires_grad_(True).train()
    optimizer = torch.optim.Adam(net.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, max(steps, 2))
    for _ in track(range(steps), "learning the object map", transient=True):
        batch = rng.integers(0, len(x), 24)
        mirrored = slice(None, None, -1 if rng.integers(2) else 1)
        gain = torch.as_tensor(rng.uniform(0.8, 1.2, (len(batch), 3, 1, 1)), dtype=torch.float32, device=device)
        seen = torch.as_tensor(x[batch][..., mirrored].copy(), device=device) / 255 * gain
        truth = torch.as_tensor(y[batch][..., mirrored].copy(), device=device) / 255
        odds = net(seen)
        chance = odds.sigmoid()
        overlap, total = (chance * truth).sum(dim=(1, 2)), (chance + truth).sum(dim=(1, 2))
        dice = 1 - (2 * overlap + 1) / (total + 1)
        loss = functional.binary_cross_entropy_with_logits(odds, truth) + dice.mean()
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        schedule.step()
    net.requires_grad_(False).eval()
