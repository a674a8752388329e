"""The textbook graph cut, for comparison: colour histograms and contrast only."""

from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.segmenters.cold_start import ColdSegmenter, ColdSession
from cutout_rl.segmenters.energy import SEED_NATS
from cutout_rl.segmenters.maxflow import set_unaries, solve
from cutout_rl.segmenters.padded_grid import DIRECTIONS
from cutout_rl.segmenters.search_trees import build_graph

_BINS: Final = 8
_RESOLUTION: Final = 4  # integer units of energy per nat
_UNSEEN: Final = 1.0 / _BINS**3  # pixels added to every bin, so that no likelihood is 0


@dataclass(frozen=True, kw_only=True)
class TextbookCutSegmenter(ColdSegmenter):
    """Boykov and Jolly's cut ("Interactive Graph Cuts", ICCV 2001).

    The unary of a pixel is the log ratio of the scribbles' 8 x 8 x 8 RGB histograms. The n-link of two 4-neighbours has
    the capacity `contrast_weight` exp(-|dRGB|^2 / (2 m)), where m is the mean of |dRGB|^2 over the image.

    Attributes:
        contrast_weight: lambda, in nats.
    """

    contrast_weight: float = 20.0

    def begin(self, image: NDArray[np.uint8]) -> ColdSession:
        """Start a session, which computes the n-links once; see `Segmenter.begin`."""
        return ColdSession(_OneImageCutSegmenter(**asdict(self), capacities=self._links(image)), image)

    def _links(self, image: NDArray[np.uint8]) -> NDArray[np.int16]:
        return _contrast_weights(image, self.contrast_weight)

    def _cut(
        self, image: NDArray[np.uint8], inside: NDArray[np.bool_], outside: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        height, width = inside.shape
        cells = image.astype(np.int64) * _BINS // 256 @ np.array([_BINS**2, _BINS, 1])
        likely_in, likely_out = (_histogram(cells, scribble)[cells] for scribble in (inside, outside))
        units = np.rint(_RESOLUTION * np.log(likely_in / likely_out)).astype(np.int32)
        units[inside], units[outside] = SEED_NATS, -SEED_NATS
        graph = build_graph(width, self._links(image).copy())
        nodes = np.pad(np.ones((height, width), dtype=bool), 1).ravel().nonzero()[0].astype(np.int32)
        set_unaries(graph, nodes, units.ravel(), len(nodes))
        solve(graph)
        return np.asarray(graph.height.reshape(height + 2, width + 2)[1:-1, 1:-1] > 0)


@dataclass(frozen=True, kw_only=True, eq=False)
class _OneImageCutSegmenter(TextbookCutSegmenter):
    """The segmenter of the sessions on one image, whose n-links it holds."""

    capacities: NDArray[np.int16]

    def _links(self, image: NDArray[np.uint8]) -> NDArray[np.int16]:
        return self.capacities


def _histogram(cells: NDArray[np.int64], scribble: NDArray[np.bool_]) -> NDArray[np.float64]:
    counts = np.bincount(cells[scribble], minlength=_BINS**3) + _UNSEEN
    return np.asarray(counts / counts.sum())


def _contrast_weights(image: NDArray[np.uint8], weight: float) -> NDArray[np.int16]:
    pixels = np.pad(image.astype(np.float64), ((1, 1), (1, 1), (0, 0)))
    in_image = np.pad(np.ones(image.shape[:2], dtype=bool), 1)
    squares = np.stack(
        [np.square(pixels - np.roll(pixels, (-row, -column), (0, 1))).sum(axis=2) for row, column in DIRECTIONS], axis=2
    )
    linked = np.stack([in_image & np.roll(in_image, (-row, -column), (0, 1)) for row, column in DIRECTIONS], axis=2)
    mean = max(float(squares[linked].mean()) if linked.any() else 0.0, 1e-9)
    nats = np.where(linked, weight * np.exp(-squares / (2 * mean)), 0.0)
    return np.asarray(np.rint(_RESOLUTION * nats).reshape(-1, len(DIRECTIONS)), dtype=np.int16)
