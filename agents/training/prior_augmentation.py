"""Augmentations of the object prior's training images."""

from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

Augment = Callable[[Tensor, Tensor, torch.Generator], tuple[Tensor, Tensor]]
"""Changes (B, 3, S, S) images in [0, 1] together with their (B, S, S) masks."""


def augment_lightly(images: Tensor, masks: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Mirror images with their masks, and scale their colours by 0.8 to 1.2."""
    if torch.randint(2, (1,), generator=generator).item():
        images, masks = images.flip(-1), masks.flip(-1)
    return images * (0.8 + 0.4 * torch.rand((len(images), 3, 1, 1), generator=generator)), masks


def augment_strongly(images: Tensor, masks: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Mirror, rotate, scale and shift images with their masks, and change brightness, contrast and colour."""
    n, side = len(images), images.shape[-1]

    def draw(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand((n, *shape), generator=generator)

    angle, scale = draw(-0.3, 0.3), draw(-0.4, 0.4).exp()
    mirror = 1 - 2.0 * torch.randint(2, (n,), generator=generator)
    cosine, sine = scale * angle.cos(), scale * angle.sin()
    rotation = torch.stack([cosine * mirror, -sine, sine * mirror, cosine], dim=1).reshape(n, 2, 2)
    grid = functional.affine_grid(torch.cat([rotation, draw(-0.2, 0.2, 2, 1)], dim=2), [n, 1, side, side], False)
    images = functional.grid_sample(images, grid, padding_mode="reflection", align_corners=False)
    masks = functional.grid_sample(masks[:, None], grid, padding_mode="reflection", align_corners=False)[:, 0]
    grey = images.mean(dim=1, keepdim=True)
    images = grey + draw(0.3, 1.4, 1, 1, 1) * (images - grey)
    images = 0.5 + draw(0.6, 1.3, 1, 1, 1) * (images - 0.5) + draw(-0.15, 0.15, 1, 1, 1)
    images = images * draw(0.8, 1.2, 3, 1, 1) + draw(0, 0.06, 1, 1, 1) * torch.randn(images.shape, generator=generator)
    return images.clamp(0, 1), masks


AUGMENTATIONS: Final[dict[str, Augment]] = {"light": augment_lightly, "strong": augment_strongly}
