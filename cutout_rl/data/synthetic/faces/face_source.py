"""The default data source: procedural faces, drawn from a seed."""

from cutout_rl.data.source import Sample, Split
from cutout_rl.data.synthetic.faces.part_labels import MASK_PARTS
from cutout_rl.data.synthetic.procedural_source import ProceduralSource
from cutout_rl.utils.errors import CutOutError


class FacesSource(ProceduralSource):
    """One split of the procedural faces: parametric heads, rendered in 3D over varied backgrounds.

    Split and index determine the person: the same one in every process and at every size.
    """

    def __init__(self, split: Split, image_size: int = 128, masks: str = "head") -> None:
        """Choose split, size and masks.

        Args:
            split: "train" (1,000,000 images), "val" or "test" (10,000 each); no seed is shared.
            image_size: side of the square images in pixels (32-512).
            masks: "head" for all of the head down to the jaw, with hair, beard, glasses and hat; "face" for bare skin,
                eyes and mouth; "hair" for the hair, in images without bald heads and hats.

        Raises:
            CutOutError: the split, size or masks do not exist.
        """
        super().__init__("faces", split, image_size)
        if masks not in MASK_PARTS:
            raise CutOutError(f"faces has no masks {masks!r}; choose one of {', '.join(MASK_PARTS)}.")
        self._masks = masks

    def _draw(self, index: int) -> Sample:
        # Imported here because loading the renderer takes longer than all else that opening the source does.
        from cutout_rl.data.synthetic.faces.face_image import draw_face

        return draw_face(self.split, index, self.size, self._masks)
