"""The network: from an image, the strokes so far and their mask to log-odds of the object."""

from itertools import pairwise
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from cutout_rl.agents.interactive import guidance
from cutout_rl.agents.interactive.efficientnet_lite import CHANNELS, STEM_CHANNELS, EfficientNetLite0

STRIDE: Final = 32  # sides of the input are multiples of it
_WIDTHS: Final = (128, 96, 64, 40, 24)  # of the decoder at 1/32 to 1/2
_FULL_WIDTH: Final = 12  # of the decoder at full resolution
_GROUPS: Final = 4  # of the decoder's normalisation


class InteractiveNet(nn.Module):
    """A U-Net (Ronneberger et al., MICCAI 2015) on EfficientNet-Lite0 that is guided by strokes.

    Guidance is added to the encoder's stem, as in RITM (Sofiiuk et al., ICIP 2022), and shown to every block of the
    decoder. 3.3 million weights.

    Attributes:
        calibration: (3,) float32, that of `cutout_rl.agents.interactive.iou_estimate.calibrated`.
    """

    calibration: Tensor

    def __init__(self) -> None:
        """Create the layers; the guidance has no influence on the new encoder."""
        super().__init__()
        self.encoder = EfficientNetLite0()
        self.guide = nn.Conv2d(guidance.CHANNELS, STEM_CHANNELS, 3, padding=1)
        nn.init.zeros_(self.guide.weight)
        assert self.guide.bias is not None
        nn.init.zeros_(self.guide.bias)
        self.bridge = nn.Conv2d(CHANNELS[-1], _WIDTHS[0], 1)
        skips = CHANNELS[-2::-1]
        self.blocks = nn.ModuleList(
            _DecoderBlock(below, skip, width) for (below, width), skip in zip(pairwise(_WIDTHS), skips, strict=True)
        )
        self.full = _DecoderBlock(_WIDTHS[-1], 3, _FULL_WIDTH)
        self.head = nn.Conv2d(_FULL_WIDTH, 1, 1)
        self.register_buffer("calibration", torch.tensor([0.0, 1.0, 0.0]))

    def forward(self, images: Tensor, guides: Tensor) -> Tensor:
        """Compute the log-odds.

        Args:
            images: (B, 3, H, W) in [0, 1]; H and W are multiples of 32.
            guides: (B, 7, H, W) in [0, 1], of `draw_guidance`.

        Returns:
            (B, H, W).
        """
        pixels = (2 * images - 1).contiguous(memory_format=torch.channels_last)
        pyramid = [guides]
        for _ in CHANNELS:
            pyramid.append(functional.avg_pool2d(pyramid[-1], 2))
        tapped = self.encoder(pixels, self.guide(pyramid[1]))
        features = self.bridge(tapped[-1])
        for block, skip, guide in zip(self.blocks, tapped[-2::-1], pyramid[-2:0:-1], strict=True):
            features = block(features, skip, guide)
        features = self.full(features, pixels, guides)
        log_odds: Tensor = self.head(features)[:, 0]
        return log_odds


class _DecoderBlock(nn.Module):
    """Upsamples features and joins them with the encoder's and the guidance."""

    def __init__(self, below: int, skip: int, width: int) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(below, width, 1)
        self.join = nn.Conv2d(width + skip + guidance.CHANNELS, width, 3, padding=1)
        self.norm = nn.GroupNorm(_GROUPS, width)

    def forward(self, features: Tensor, skip: Tensor, guide: Tensor) -> Tensor:
        features = functional.interpolate(self.reduce(features), scale_factor=2.0, mode="bilinear", align_corners=False)
        joined = self.join(torch.cat([features, skip, guide], dim=1))
        return functional.relu(self.norm(joined))
