"""The frame of masks and annotations of images that EXIF data turns."""

from typing import Literal, get_args

Frame = Literal["upright", "stored"]
"""The frame of masks and annotations whose size does not tell it."""
FRAMES: tuple[Frame, ...] = get_args(Frame)
