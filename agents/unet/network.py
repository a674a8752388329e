"""The network: a U-Net of segmentation-models-pytorch, and where its encoder's weights come from."""

from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Final

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn
from torch.nn import functional

from cutout_rl.utils.choices import require_choice
from cutout_rl.utils.errors import CutOutError

DEPTH: Final = 5  # halvings of the image
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, as most published encoders expect
_TIMM: Final = "tu-"


class UNetwork(nn.Module):
    """A U-Net (Ronneberger et al., MICCAI 2015) on images of any size, with a second head for presence if asked for."""

    def __init__(self, encoder: str, size: int, decoder_channels: int, presence: bool) -> None:
        """Make an untrained network.

        Args:
            encoder: its name.
            size: side to which larger images are shrunk before it sees them, in pixels.
            decoder_channels: of the decoder's deepest block.
            presence: whether to have the second head, on the largest answer of each of the encoder's deepest features.
        """
        super().__init__()
        self.size = size
        self.presence = presence
        self.unet = (
            _library()
            .Unet(
                encoder,
                encoder_depth=DEPTH,
                encoder_weights=None,  # a name would be fetched from the network
                decoder_channels=[max(1, decoder_channels >> level) for level in range(DEPTH)],
                aux_params={"classes": 1, "pooling": "max"} if presence else None,
            )
            .to(memory_format=torch.channels_last)
        )
        expected = getattr(getattr(self.unet.encoder, "model", None), "default_cfg", {})  # timm tells for each
        self.register_buffer("mean", torch.tensor(expected.get("mean", _MEAN)).view(3, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor(expected.get("std", _DEVIATION)).view(3, 1, 1), persistent=False)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        """Compute log-odds.

        Args:
            images: (B, S, S, 3) uint8 RGB.

        Returns:
            (B, S, S) float32 log-odds of object, and (B,) of the object being there, None without the second head.
        """
        assert isinstance(self.mean, Tensor)
        assert isinstance(self.deviation, Tensor)
        size = images.shape[1]
        pixels = images.permute(0, 3, 1, 2) / 255
        if size > self.size:
            pixels = functional.interpolate(pixels, (self.size, self.size), mode="area")
        seen = pixels.shape[-1]
        missing = -seen % 2**DEPTH
        pixels = functional.pad((pixels - self.mean) / self.deviation, (0, missing, 0, missing), mode="replicate")
        answer = self.unet(pixels.contiguous(memory_format=torch.channels_last))
        odds, presence = answer if self.presence else (answer, None)
        odds = odds[:, :, :seen, :seen]
        if size > seen:
            odds = functional.interpolate(odds, (size, size), mode="bilinear", align_corners=False)
        return odds[:, 0], None if presence is None else presence[:, 0]

    def load_encoder(self, file: Path) -> None:
        """Read the encoder's weights from a file, which may hold those of a classifier as well.

        Raises:
            CutOutError: the file is missing, is no `.safetensors` file, or belongs to another encoder.
        """
        try:
            weights = safetensors.torch.load_file(file)
        except FileNotFoundError:
            raise CutOutError(f"There is no file {file}; name one of weights by --encoder-weights.") from None
        except (SafetensorError, OSError) as error:
            raise CutOutError(f"{file} cannot be read as a .safetensors file ({error}); name another.") from None
        own = self.unet.encoder.state_dict()
        # timm's names stand below "model." here.
        found = {name: weights.get(name, weights.get(name.removeprefix("model."))) for name in own}
        for name, tensor in found.items():
            if name.endswith("num_batches_tracked"):
                found[name] = own[name]
            elif tensor is None or tensor.shape != own[name].shape:
                raise CutOutError(f"{file} holds no {name} that fits the encoder; name the encoder it belongs to.")
        self.unet.encoder.load_state_dict(found)


def dice_loss(odds: Tensor, truth: Tensor, known: Tensor) -> Tensor:
    """Compute the mean Dice loss (Milletari et al., 3DV 2016) of the images that hold an object; 0 if none does.

    Args:
        odds: (B, S, S) log-odds.
        truth: (B, S, S) bool, True on the object.
        known: (B, S, S) bool, False where the truth is unknown.
    """
    chance, truth_known = odds.sigmoid() * known, truth & known
    overlap = (chance * truth_known).sum(dim=(1, 2))
    total = chance.sum(dim=(1, 2)) + truth_known.sum(dim=(1, 2))
    shown = truth_known.any(dim=2).any(dim=1)
    loss: Tensor = ((1 - (2 * overlap + 1) / (total + 1)) * shown).sum() / shown.sum().clamp(min=1)
    return loss


def require_encoder(name: str) -> None:
    """Check that there is an encoder of this name.

    Raises:
        CutOutError: there is none, or segmentation-models-pytorch cannot be imported.
    """
    library = _library()
    if name.startswith(_TIMM):
        require_choice("model of timm", name.removeprefix(_TIMM), import_module("timm").list_models())
    else:
        require_choice("encoder", name, library.encoders.get_encoder_names())


def _library() -> ModuleType:
    """Import segmentation-models-pytorch, which takes seconds, late."""
    try:
        return import_module("segmentation_models_pytorch")
    except ModuleNotFoundError as error:
        raise CutOutError(f"The U-Net needs {error.name}; install it by pip install 'cutout-rl[unet]'.") from None
    except (ImportError, OSError, RuntimeError) as error:  # the last from a torchvision of another build than torch
        raise CutOutError(
            f"The U-Net's packages cannot be loaded ({error}); install torch and torchvision from one place, both for"
            " the CPU or both for CUDA."
        ) from None
