"""The library of encoders, segmentation-models-pytorch, imported when it is needed."""

from importlib import import_module
from types import ModuleType
from typing import Final

from cutout_rl.utils.choices import require_choice
from cutout_rl.utils.errors import CutOutError

_TIMM: Final = "tu-"


def require_encoder(name: str) -> None:
    """Check that an encoder of this name exists.

    Raises:
        CutOutError: it does not, or segmentation-models-pytorch cannot be imported.
    """
    library = import_library()
    if name.startswith(_TIMM):
        require_choice("model of timm", name.removeprefix(_TIMM), import_module("timm").list_models())
    else:
        require_choice("encoder", name, library.encoders.get_encoder_names())


def import_library() -> ModuleType:
    """Import segmentation-models-pytorch, which takes seconds.

    Raises:
        CutOutError: it is not installed, or cannot be loaded.
    """
    try:
        return import_module("segmentation_models_pytorch")
    except ModuleNotFoundError as error:
        raise CutOutError(f"The U-Net needs {error.name}; install it with pip install 'cutout-rl[unet]'.") from None
    except (ImportError, OSError, RuntimeError) as error:  # RuntimeError: torchvision of another build than torch
        raise CutOutError(
            f"The U-Net's packages cannot be loaded ({error}); install torch and torchvision from one place, both for"
            " the CPU or both for CUDA."
        ) from None
