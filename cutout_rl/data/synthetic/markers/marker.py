"""Orientation markers and decoys.

A marker is a white card of 8 x 8 cells: a margin of one cell, a black frame of one cell, and 4 x 4 inner cells. The
inner corners encode the orientation: the upper left one is black, the other three are white. The other twelve inner
cells encode the marker's number.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

CELLS: Final = 8  # cells per side
_FRAME: Final = 1  # first cell of the frame
_INNER: Final = 2  # first cell within it

Cells = NDArray[np.bool_]
"""(N, N) bool, True where a cell is black."""


def draw_marker(rng: np.random.Generator) -> Cells:
    """Draw one of the 4096 markers."""
    cells = np.zeros((CELLS, CELLS), np.bool_)
    cells[_FRAME:-_FRAME, _FRAME:-_FRAME] = True
    inner = rng.random((CELLS - 2 * _INNER, CELLS - 2 * _INNER)) < 0.5
    inner[[0, -1], [-1, 0]] = inner[-1, -1] = False
    inner[0, 0] = True
    cells[_INNER:-_INNER, _INNER:-_INNER] = inner
    return cells


def draw_decoy(rng: np.random.Generator) -> Cells:
    """Draw a black and white pattern that is no marker: checks, stripes, an empty frame, or dots without a frame."""
    kind, n = rng.integers(4), int(rng.integers(3, 13))
    if kind == 0:
        return np.asarray(np.indices((n, n)).sum(axis=0) % 2 == 0)
    if kind == 1:
        return np.tile(rng.random(3 * n) < 0.5, (3 * n, 1))
    if kind == 2:
        cells = np.zeros((CELLS, CELLS), np.bool_)
        cells[_FRAME:-_FRAME, _FRAME:-_FRAME] = True
        cells[_INNER:-_INNER, _INNER:-_INNER] = False
        return cells
    return np.pad(rng.random((n, n)) < 0.5, 1)
