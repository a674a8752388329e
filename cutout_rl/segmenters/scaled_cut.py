"""The default segmenter for images of any size: its pairwise term grows with the image."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.segmenters.graph_cut import HIGHEST_PAIRWISE_WEIGHT, GraphCutSegmenter

if TYPE_CHECKING:
    from cutout_rl.segmenters.graph_cut_session import GraphCutSession

REFERENCE_SIDE: Final = 128


@dataclass(frozen=True)
class ScaledCutSegmenter:
    """`GraphCutSegmenter` with W times S / 128, where S is the longer side of the image in pixels.

    With the resolution, regions get larger by its square and contours longer in proportion only, so that a constant W
    would count less and less against U. At 128 px, the size of the game, both segmenters give the same masks.

    Attributes:
        cut: the segmenter at 128 px.
    """

    cut: GraphCutSegmenter = field(default_factory=GraphCutSegmenter)

    def begin(self, image: NDArray[np.uint8]) -> "GraphCutSession":
        """Start a session; see `GraphCutSegmenter.begin`."""
        return self._scaled(image).begin(image)

    def segment(
        self,
        image: NDArray[np.uint8],
        inside: NDArray[np.bool_],
        outside: NDArray[np.bool_],
        log_odds: NDArray[np.floating] | None = None,
    ) -> NDArray[np.bool_]:
        """Segment an image from scratch; see `GraphCutSegmenter.segment`."""
        return self._scaled(image).segment(image, inside, outside, log_odds)

    def _scaled(self, image: NDArray[np.uint8]) -> GraphCutSegmenter:
        weight = self.cut.pairwise_weight * max(image.shape[:2], default=0) / REFERENCE_SIDE
        return replace(self.cut, pairwise_weight=min(weight, HIGHEST_PAIRWISE_WEIGHT))
