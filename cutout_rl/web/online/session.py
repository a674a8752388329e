"""One client's dealings with the network: what it teaches, looks at, and lets it draw."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.edits import Act, Stroke
from cutout_rl.web.online.config import receptive_field
from cutout_rl.web.online.sample import shrink, small_scale
from cutout_rl.web.online.suggested_strokes import strokes_of
from cutout_rl.web.online.trainer_client import Learner


class Teaching:
    """Tells the network of one client's image, and the client of the network."""

    def __init__(self, learner: Learner) -> None:
        """Look at nothing yet."""
        self._learner = learner
        self._name = ""
        self._size = (1, 1)
        self._small: NDArray[np.uint8] | None = None
        self._looking = False
        self._told = -1

    def open(self, name: str, image: NDArray[np.uint8]) -> None:
        """Turn to an (H, W, 3) uint8 image."""
        self._name, self._size, self._small = name, (image.shape[0], image.shape[1]), shrink(image)
        self._told = -1
        self.look(self._looking)

    def teach(self, acts: Sequence[Act]) -> None:
        """Have the network learn from what is drawn on the image now."""
        if self._small is not None:
            self._learner.teach(self._name, self._small, self._size, acts)

    def look(self, on: bool) -> None:
        """Look at the network's guesses of whatever is open, or no longer."""
        self._looking = on
        if on and self._small is not None:
            self._learner.watch(self, self._name, self._small)
        else:
            self._learner.look_away(self)

    def strokes(self) -> list[Stroke]:
        """Give the strokes by which the network starts a cut of the image; see `strokes_of`.

        Raises:
            CutOutError: it has not guessed the image, or is not sure enough.
        """
        guess = self._learner.guess(self._name)
        if guess is None:
            raise CutOutError("The network has not guessed this image yet; look at its guess first.")
        return strokes_of(guess[1], small_scale(*self._size))

    @property
    def has_news(self) -> bool:
        """Whether the client has not been told of what the network says."""
        return self._small is not None and self._told != self._learner.version

    def news(self) -> dict[str, Any]:
        """Tell how learning goes, the side of the receptive field in px of the image, and the guess's number."""
        self._told = self._learner.version
        guess = self._learner.guess(self._name)
        field = receptive_field(self._learner.settings.dilation) / small_scale(*self._size)
        return {**self._learner.state(), "name": self._name, "field": field, "guess": guess[0] if guess else None}

    def leave(self) -> None:
        """Look at nothing any more."""
        self._learner.look_away(self)
