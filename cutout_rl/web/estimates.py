"""The IoU that agents predict for the masks of finished images: one file for a folder."""

from typing import Annotated

import msgspec

from cutout_rl.web.kept_by_image import KeptByImage


class Estimates(KeptByImage[float]):
    """The estimated IoU of each image that an agent has finished, with what a person has corrected since."""

    content = "The estimates"
    decoder = msgspec.json.Decoder(dict[str, Annotated[float, msgspec.Meta(ge=0, le=1)]])

    def of(self, name: str) -> float | None:
        """Return the estimated IoU of an image, in [0, 1]; None if there is none.

        Raises:
            CutOutError: the file is damaged and cannot be renamed.
        """
        return self.load().get(name)

    def set(self, name: str, estimate: float | None) -> None:
        """Keep the estimated IoU of an image, in [0, 1]; None removes it.

        Raises:
            OSError: the file cannot be written; nothing changes.
        """
        with self._lock:
            kept = {other: value for other, value in self.load().items() if other != name}
            self._save(kept if estimate is None else {**kept, name: round(estimate, 4)})
