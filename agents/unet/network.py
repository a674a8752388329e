"""The network: a U-Net of segmentation-models-pytorch, and its loss."""

from pathlib import Path
from typing import Final

import safetensors.torch
import torch
from safetensors import SafetensorError
from stable_baselines3.common.utils import get_device
from torch import Tensor, nn
from torch.nn import functional

from cutout_rl.agents.unet.config import UNetConfig
from cutout_rl.agents.unet.encoders import import_library
from cutout_rl.utils.errors import CutOutError

DEPTH: Final = 5  # halvings of the image
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, as most published encoders expect


class UNetwork(nn.Module):
    """A U-Net (Ronneberger et al., MICCAI 2015) for images of any size, with an optional second head for presence."""

    def __init__(self, encoder: str, size: int, decoder_channels: int, presence: bool) -> None:
        """Create an untrained network.

        Args:
            encoder: name of the encoder.
            size: side in pixels to which larger images are shrunk.
            decoder_channels: channels of the decoder's deepest block.
            presence: whether to add the second head, on the spatial maximum of each of the encoder's deepest features.
        """
        super().__init__()
        self.size = size
        self.presence = presence
        self.unet = (
            import_library()
            .Unet(
                encoder,
                encoder_depth=DEPTH,
                encoder_weights=None,  # a name would be downloaded
                decoder_channels=[max(1, decoder_channels >> level) for level in range(DEPTH)],
                aux_params={"classes": 1, "pooling": "max"} if presence else None,
            )
            .to(memory_format=torch.channels_last)
        )
        expected = getattr(getattr(self.unet.encoder, "model", None), "default_cfg", {})  # timm has them for each model
        self.register_buffer("mean", torch.tensor(expected.get("mean", _MEAN)).view(3, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor(expected.get("std", _DEVIATION)).view(3, 1, 1), persistent=False)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        """Compute log-odds.

        Args:
            images: (B, S, S, 3) uint8 RGB.

        Returns:
            (B, S, S) float32 log-odds of the object, and (B,) of its presence, None without the second head.
        """
        assert isinstance(self.mean, Tensor)
        assert isinstance(self.deviation, Tensor)
        size = images.shape[1]
        pixels = images.permute(0, 3, 1, 2) / 255
        if size > self.size:
            pixels = functional.interpolate(pixels, (self.size, self.size), mode="area")
        side = pixels.shape[-1]
        missing = -side % 2**DEPTH
        pixels = functional.pad((pixels - self.mean) / self.deviation, (0, missing, 0, missing), mode="replicate")
        output = self.unet(pixels.contiguous(memory_format=torch.channels_last))
        log_odds, presence = output if self.presence else (output, None)
        log_odds = log_odds[:, :, :side, :side]
        if size > side:
            log_odds = functional.interpolate(log_odds, (size, size), mode="bilinear", align_corners=False)
        return log_odds[:, 0], None if presence is None else presence[:, 0]

    def load_encoder(self, file: Path) -> None:
        """Load the encoder's weights from a file, which may also hold those of a classifier.

        Raises:
            CutOutError: the file is missing, is not a `.safetensors` file, or belongs to another encoder.
        """
        try:
            weights = safetensors.torch.load_file(file)
        except FileNotFoundError:
            raise CutOutError(f"There is no file {file}; name a file of weights by --encoder-weights.") from None
        except (SafetensorError, OSError) as error:
            raise CutOutError(f"{file} cannot be read as a .safetensors file ({error}); name another file.") from None
        own = self.unet.encoder.state_dict()
        # Names of timm have the prefix "model." here.
        found = {name: weights.get(name, weights.get(name.removeprefix("model."))) for name in own}
        for name, tensor in found.items():
            if name.endswith("num_batches_tracked"):
                found[name] = own[name]
            elif tensor is None or tensor.shape != own[name].shape:
                raise CutOutError(f"{file} has no {name} that fits the encoder; name the file's own encoder.")
        self.unet.encoder.load_state_dict(found)


def make_network(config: UNetConfig, device: str) -> UNetwork:
    """Create an untrained network on a device: "cpu", "cuda" or "auto"."""
    network = UNetwork(config.encoder, config.observation_size, config.decoder_channels, config.presence)
    return network.to(get_device(device))
