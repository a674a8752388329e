"""Procedural faces for training, most of which are drawn once per machine."""

from typing import Final

from cutout_rl.data.source import Sample
from cutout_rl.data.synthetic.faces.face_bank import cache_folder, open_bank
from cutout_rl.data.synthetic.faces.face_source import FacesSource

FRESH: Final = 1 / 8  # share of the indices that keep a face of their own


class BankedFacesSource(FacesSource):
    """The train split of the procedural faces with fewer distinct faces.

    One index in eight keeps its face, and any other index has the face of index modulo `bank`. The index alone decides,
    so that a seed gives the same faces on every machine. Faces below `bank` are kept in a file between runs (see
    `FaceBank`), which changes nothing but the time that a face takes.
    """

    def __init__(self, bank: int, image_size: int = 128, masks: str = "head") -> None:
        """Choose number, size and masks of the faces.

        Args:
            bank: number of faces that most indices share; at least 1.
            image_size: side of the square images in pixels (32-512).
            masks: "head", "face" or "hair", as for `FacesSource`.

        Raises:
            CutOutError: the size or masks do not exist.
        """
        super().__init__("train", image_size, masks)
        self._bank = bank

    def _draw(self, index: int) -> Sample:
        if _is_fresh(index):
            return super()._draw(index)
        shared = index % self._bank
        bank = open_bank(cache_folder(), self.size, self._masks)
        face = bank.read(shared)
        if face is None:
            face = super()._draw(shared)
            bank.write(shared, face)
        return face


def _is_fresh(index: int) -> bool:
    # Multiples of the golden ratio, modulo 1, are spread evenly over [0, 1).
    return index * 0x9E3779B97F4A7C15 % 2**64 < FRESH * 2**64
