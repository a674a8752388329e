"""The network of the object prior: from an image and the two start points to the probability of each pixel."""

from functools import partial
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from cutout_rl.utils.threads import map_parallel

SIDE: Final = 64  # px; images are resized to it
_WIDTHS: Final = (8, 16, 32, 48, 64)  # channels at full, half, quarter, eighth and sixteenth resolution
_BATCH: Final = 4  # images predicted in one pass
_REACH: Final = 16.0  # px over which the proximity to a start point falls to 1/e
_COLOUR_REACH: Final = 0.2  # colour distance in [0, 1]^3 over which the similarity to a start point falls to 1/e


class ObjectPriorNet(nn.Module):
    """A small U-Net (Ronneberger et al., MICCAI 2015) from images and start points to log-odds of the object."""

    def __init__(self) -> None:
        """Create the layers; 232,000 weights."""
        super().__init__()
        self._down = nn.ModuleList(map(_block, (7, *_WIDTHS[:-1]), _WIDTHS))
        self._up = nn.ModuleList(_block(below + width, width) for width, below in list(pairwise(_WIDTHS))[::-1])
        self._head = nn.Conv2d(_WIDTHS[0], 1, 1)

    def forward(self, images: Tensor, starts: Tensor) -> Tensor:
        """Compute the log-odds.

        Args:
            images: (B, 3, 64, 64) in [0, 1].
            starts: (B, 2, 2), the inside and the outside pen's start points as (row, column), in px of the images.

        Returns:
            (B, 64, 64).
        """
        features, skipped = torch.cat([images - 0.5, proximity(starts), colour_similarity(images, starts)], dim=1), []
        features = features.contiguous(memory_format=torch.channels_last)  # 1.5 times as fast on a CPU
        for depth, block in enumerate(self._down):
            features = block(functional.max_pool2d(features, 2) if depth else features)
            skipped.append(features)
        for block, skip in zip(self._up, skipped[-2::-1], strict=True):
            features = block(torch.cat([functional.interpolate(features, scale_factor=2), skip], dim=1))
        log_odds: Tensor = self._head(features)[:, 0]
        return log_odds


def _block(channels_in: int, channels_out: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for channels in (channels_in, channels_out):
        layers += [nn.Conv2d(channels, channels_out, 3, padding=1), nn.BatchNorm2d(channels_out), nn.ReLU()]
    return nn.Sequential(*layers)


def proximity(starts: Tensor) -> Tensor:
    """Compute exp(-d / 16 px) of every pixel's distance from (B, 2, 2) start points: (B, 2, 64, 64) in [0, 1]."""
    pixels = torch.arange(SIDE, dtype=starts.dtype, device=starts.device)
    rows, columns = (starts[..., axis, None] - pixels for axis in (0, 1))
    return torch.exp(-torch.hypot(rows[..., :, None], columns[..., None, :]) / _REACH)


def colour_similarity(images: Tensor, starts: Tensor) -> Tensor:
    """Compute exp(-d / 0.2) of every pixel's colour distance from the mean of the 3 x 3 px at each start point.

    Args:
        images: (B, 3, 64, 64) in [0, 1].
        starts: (B, 2, 2), as (row, column).

    Returns:
        (B, 2, 64, 64) in [0, 1].
    """
    smooth = functional.avg_pool2d(images, 3, stride=1, padding=1, count_include_pad=False)
    rows, columns = starts.round().long().clamp(0, SIDE - 1).unbind(dim=-1)
    colours = smooth[torch.arange(len(images), device=images.device)[:, None], :, rows, columns]
    # Torch's norm over an inner dimension takes five times as long.
    distances = (images[:, None] - colours[..., None, None]).square().sum(dim=2).sqrt()
    return torch.exp(-distances / _COLOUR_REACH)


def shrink(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Resize an (H, W) or (H, W, C) uint8 image to 64 x 64."""
    small = cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def predict_priors(
    net: ObjectPriorNet, images: NDArray[np.uint8], starts: NDArray[np.float32]
) -> list[NDArray[np.uint8]]:
    """Predict the object priors of images: N of (S, S) uint8, from 0 to 255 for probabilities from 0 to 1.

    Each depends on its own image and start points only, to the last bit.

    Args:
        net: the network.
        images: (N, S, S, 3) uint8.
        starts: (N, 2, 2) float32, the inside and the outside pens' start points as (row, column), in px of the images.
    """
    net.eval()
    # Torch chooses the algorithm of a convolution by the size of the batch, so that all batches have the same.
    batches = np.arange(-(-len(images) // _BATCH) * _BATCH).reshape(-1, _BATCH).clip(max=len(images) - 1)
    predicted = map_parallel(partial(_predict_batch, net), images[batches], starts[batches])
    return [prior for batch in predicted for prior in batch][: len(images)]


@torch.no_grad()
def _predict_batch(
    net: ObjectPriorNet, images: NDArray[np.uint8], starts: NDArray[np.float32]
) -> list[NDArray[np.uint8]]:
    device = next(net.parameters()).device
    size = images.shape[1]
    pixels = torch.as_tensor(np.stack([shrink(image) for image in images]), device=device).permute(0, 3, 1, 2) / 255
    points = torch.as_tensor((starts + 0.5) * (SIDE / size) - 0.5, device=device)
    probabilities = (net(pixels, points).sigmoid() * 255).round().to(torch.uint8).cpu().numpy()
    return [
        np.asarray(cv2.resize(probability, (size, size), interpolation=cv2.INTER_LINEAR), np.uint8)
        for probability in probabilities
    ]
