"""A network that guesses where the object is from the image and the two start points, before any stroke is drawn."""

from functools import partial
from itertools import pairwise
from typing import Final, Literal

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import track
from torch import Tensor, nn
from torch.nn import functional

from cutout_rl.data.source import DataSource
from cutout_rl.utils.threads import map_games

SIDE: Final = 64  # px; images are shrunk to it, or enlarged
_WIDTHS: Final = (8, 16, 32, 48, 64)  # channels at full, half, quarter, eighth and sixteenth resolution
_REACH: Final = 16.0  # px over which a start point's nearness falls to 1/e
_LIKE: Final = 0.2  # distance of colours in [0, 1]^3 over which likeness to a start point's falls to 1/e
_BATCH: Final = 16

Augmentation = Literal["light", "strong"]


class ObjectNet(nn.Module):
    """A small U-Net (Ronneberger et al., MICCAI 2015): images and start points to log-odds of object."""

    def __init__(self) -> None:
        """Make 232,000 weights."""
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
        features, skipped = torch.cat([images - 0.5, nearness(starts), likeness(images, starts)], dim=1), []
        features = features.contiguous(memory_format=torch.channels_last)  # half as fast again on a CPU
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


def nearness(starts: Tensor) -> Tensor:
    """Compute exp(-d / 16 px) of every pixel's distance from (B, 2, 2) start points: (B, 2, 64, 64) in [0, 1]."""
    pixels = torch.arange(SIDE, dtype=starts.dtype, device=starts.device)
    rows, columns = (starts[..., axis, None] - pixels for axis in (0, 1))
    return torch.exp(-torch.hypot(rows[..., :, None], columns[..., None, :]) / _REACH)


def likeness(images: Tensor, starts: Tensor) -> Tensor:
    """Compute exp(-d / 0.2) of every pixel's colour distance from the 3 x 3 px around start points.

    Args:
        images: (B, 3, 64, 64) in [0, 1].
        starts: (B, 2, 2), as (row, column).

    Returns:
        (B, 2, 64, 64) in [0, 1].
    """
    smooth = functional.avg_pool2d(images, 3, stride=1, padding=1, count_include_pad=False)
    rows, columns = starts.round().long().clamp(0, SIDE - 1).unbind(dim=-1)
    colours = smooth[torch.arange(len(images), device=images.device)[:, None], :, rows, columns]
    return torch.exp(-(images[:, None] - colours[..., None, None]).norm(dim=2) / _LIKE)


def shrink(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Resize an (H, W) or (H, W, C) uint8 picture to 64 x 64."""
    small = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


@torch.no_grad()
def predict_prior(net: ObjectNet, image: NDArray[np.uint8], starts: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Draw the map of an image: (S, S) uint8, 255 where the network is sure of the object.

    Args:
        net: that guesses.
        image: (S, S, 3) uint8.
        starts: (2, 2) float32, the inside and the outside pen's start points as (row, column), in px of the image.
    """
    net.eval()
    device = next(net.parameters()).device
    size = len(image)
    pixels = torch.as_tensor(shrink(image), device=device).permute(2, 0, 1)[None] / 255
    points = torch.as_tensor((starts + 0.5) * (SIDE / size) - 0.5, device=device)[None]
    chance = (net(pixels, points)[0].sigmoid() * 255).round().to(torch.uint8).cpu().numpy()
    return np.asarray(cv2.resize(chance, (size, size), interpolation=cv2.INTER_LINEAR), np.uint8)


def _pair(source: DataSource, index: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    sample = source[index]
    return shrink(sample.image), shrink(sample.mask.astype(np.uint8) * 255)


def fit_prior(
    net: ObjectNet, source: DataSource, images: int, steps: int, augmentation: Augmentation, seed: int
) -> None:
    """Train on images of a source and their masks, by cross-entropy and Dice loss (Milletari et al., 3DV 2016).

    The learning rate rises to 4e-3 and falls to 0 (Smith and Topin, 2019).

    Args:
        net: to train, in place.
        source: of images and masks; void pixels count as background.
        images: how many to draw from the source, or all if it has fewer.
        steps: gradient steps of 16 images.
        augmentation: how the images are changed.
        seed: of the choice of images and what is done to them.
    """
    rng = np.random.default_rng(seed)
    chosen = rng.choice(len(source), min(images, len(source)), replace=False)
    chunks = np.array_split(chosen, len(chosen) // 64 + 1)
    progress = track(chunks, "images to learn the object map from", transient=True)
    pairs = [pair for chunk in progress for pair in map_games(partial(_pair, source), chunk.tolist())]
    pictures = torch.as_tensor(np.stack([picture for picture, _ in pairs])).permute(0, 3, 1, 2)
    masks = torch.as_tensor(np.stack([mask for _, mask in pairs]))
    generator = torch.Generator().manual_seed(seed)
    vary = _vary_strongly if augmentation == "strong" else _vary_lightly
    device = next(net.parameters()).device
    net.requires_grad_(True).train()
    optimizer = torch.optim.Adam(net.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, max(steps, 2))
    for _ in track(range(steps), "learning the object map", transient=True):
        batch = torch.randint(len(pictures), (_BATCH,), generator=generator)
        seen, truth = vary(pictures[batch] / 255, masks[batch] / 255, generator)
        starts = _random_starts(truth, generator)
        odds = net(seen.to(device), starts.to(device))
        truth = truth.to(device)
        chance = odds.sigmoid()
        overlap, total = (chance * truth).sum(dim=(1, 2)), (chance + truth).sum(dim=(1, 2))
        dice = 1 - (2 * overlap + 1) / (total + 1)
        loss = functional.binary_cross_entropy_with_logits(odds, truth) + dice.mean()
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        schedule.step()
    net.requires_grad_(False).eval()


def _vary_lightly(images: Tensor, masks: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Mirror images with their masks, and scale their colours by 0.8 to 1.2."""
    if torch.randint(2, (1,), generator=generator).item():
        images, masks = images.flip(-1), masks.flip(-1)
    return images * (0.8 + 0.4 * torch.rand((len(images), 3, 1, 1), generator=generator)), masks


def _vary_strongly(images: Tensor, masks: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Mirror, turn, scale and shift images with their masks, and change light, contrast and colour."""
    n = len(images)

    def draw(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand((n, *shape), generator=generator)

    angle, scale = draw(-0.3, 0.3), draw(-0.4, 0.4).exp()
    mirror = 1 - 2.0 * torch.randint(2, (n,), generator=generator)
    cosine, sine = scale * angle.cos(), scale * angle.sin()
    turn = torch.stack([cosine * mirror, -sine, sine * mirror, cosine], dim=1).reshape(n, 2, 2)
    where = functional.affine_grid(torch.cat([turn, draw(-0.2, 0.2, 2, 1)], dim=2), [n, 1, SIDE, SIDE], False)
    images = functional.grid_sample(images, where, padding_mode="reflection", align_corners=False)
    masks = functional.grid_sample(masks[:, None], where, padding_mode="reflection", align_corners=False)[:, 0]
    grey = images.mean(dim=1, keepdim=True)
    images = grey + draw(0.3, 1.4, 1, 1, 1) * (images - grey)
    images = 0.5 + draw(0.6, 1.3, 1, 1, 1) * (images - 0.5) + draw(-0.15, 0.15, 1, 1, 1)
    images = images * draw(0.8, 1.2, 3, 1, 1) + draw(0, 0.06, 1, 1, 1) * torch.randn(images.shape, generator=generator)
    return images.clamp(0, 1), masks


def _random_starts(masks: Tensor, generator: torch.Generator) -> Tensor:
    """Draw points inside and outside, at least a pixel from the contour where there is room: (B, 2, 2) float32."""
    sides = torch.stack([masks, 1 - masks], dim=1)
    deep = -functional.max_pool2d(-sides, 3, stride=1, padding=1)
    weights = ((deep > 0.5) + 1e-4 * sides + 1e-9).flatten(2)
    drawn = torch.multinomial(weights.flatten(0, 1), 1, generator=generator).reshape(-1, 2)
    return torch.stack([drawn // SIDE, drawn % SIDE], dim=2).float()
