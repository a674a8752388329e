"""One client's view of the network: the open image, and whether its prediction is shown."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.edits import Stroke
from cutout_rl.web.objects import ImageRecord
from cutout_rl.web.online.config import receptive_field
from cutout_rl.web.online.sample import shrink, small_scale
from cutout_rl.web.online.suggested_strokes import suggest_strokes
from cutout_rl.web.online.trainer_client import TrainerClient


class TrainerView:
    """Connects one client's open image with the trainer."""

    def __init__(self, trainer: TrainerClient) -> None:
        """Start without an image."""
        self._trainer = trainer
        self._name = ""
        self._size = (1, 1)
        self._small: NDArray[np.uint8] | None = None
        self._watching = False
        self._sent_version = -1

    def open(self, name: str, image: NDArray[np.uint8]) -> None:
        """Switch to an (H, W, 3) uint8 image."""
        self._name, self._size, self._small = name, (image.shape[0], image.shape[1]), shrink(image)
        self._sent_version = -1
        self.watch(self._watching)

    def set_record(self, record: ImageRecord) -> None:
        """Train on the current edits of the image."""
        if self._small is not None:
            self._trainer.set_record(self._name, self._small, self._size, record)

    def watch(self, on: bool) -> None:
        """Start or stop predicting the open image."""
        self._watching = on
        if on and self._small is not None:
            self._trainer.watch(self, self._name, self._small)
        else:
            self._trainer.unwatch(self)

    def suggest_strokes(self) -> list[Stroke]:
        """Return the strokes that start a cut of the image; see `suggested_strokes`.

        Raises:
            CutOutError: there is no prediction of the image, or none that is confident enough.
        """
        prediction = self._trainer.prediction(self._name)
        if prediction is None:
            raise CutOutError("There is no prediction of this image yet; open the Prediction view first.")
        return suggest_strokes(prediction[1], small_scale(*self._size))

    @property
    def has_news(self) -> bool:
        """Whether the client has not received the newest state."""
        return self._small is not None and self._sent_version != self._trainer.version

    def news(self) -> dict[str, Any]:
        """Return the trainer's state, the receptive field in px of the image, and the prediction's number."""
        self._sent_version = self._trainer.version
        prediction = self._trainer.prediction(self._name)
        return {
            **self._trainer.state(),
            "name": self._name,
            "field": receptive_field(self._trainer.settings.dilation) / small_scale(*self._size),
            "prediction": prediction[0] if prediction else None,
        }

    def close(self) -> None:
        """Stop predicting."""
        self._trainer.unwatch(self)
