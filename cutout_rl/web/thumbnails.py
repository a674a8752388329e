"""Small pictures of the images, for the strip below the canvas."""

from functools import lru_cache
from io import BytesIO
from typing import Final

from PIL import Image

from cutout_rl.web.image_store import ImageStore

SIDE: Final = 96  # px, the longer one
_KEPT: Final = 1_000


class Thumbnails:
    """Makes JPEG files of images, and keeps the latest thousand."""

    def __init__(self, images: ImageStore) -> None:
        """Store the images; nothing is read."""
        self._images = images
        self.of = lru_cache(_KEPT)(self._make)

    def _make(self, name: str) -> bytes:
        """Return the thumbnail of an image.

        Raises:
            CutOutError: there is no such image, or it is damaged.
        """
        image = Image.fromarray(self._images.load(name))
        image.thumbnail((SIDE, SIDE))
        buffer = BytesIO()
        image.save(buffer, "jpeg", quality=80)
        return buffer.getvalue()
