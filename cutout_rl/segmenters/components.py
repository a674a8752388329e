"""The parts of a mask that a scribble vouches for."""

import numba
import numpy as np
from numpy.typing import NDArray


@numba.njit(cache=True, nogil=True)
def touching_components(mask: NDArray[np.bool_], inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Keep the 8-connected components of a mask that contain at least one inside-labelled pixel.

    Runs of a row are joined with those they touch in the row above, by a forest of disjoint sets.

    Args:
        mask: (H, W) bool.
        inside: (H, W) bool, the pixels labelled as object. Those that are not in the mask count for nothing.

    Returns:
        (H, W) bool, a fresh array.
    """
    height, width = mask.shape
    most = height * ((width + 1) // 2)
    rows = np.empty(most, dtype=np.int32)
    starts = np.empty(most, dtype=np.int32)
    ends = np.empty(most, dtype=np.int32)
    above = np.empty(most, dtype=np.int32)
    vouched = np.empty(most, dtype=np.bool_)
    # Where a run begins or ends. Such places are few: eight flags are looked at in one.
    turns = np.zeros((width + 8) // 8 * 8, dtype=np.bool_)
    eights = turns.view(np.uint64)
    count = 0
    last_row = 0
    for row in range(height):
        first = count
        turns[0] = mask[row, 0]
        for column in range(1, width):
            turns[column] = mask[row, column] != mask[row, column - 1]
        turns[width] = mask[row, width - 1]
        in_run = False
        for eight in range(len(eights)):
            if eights[eight]:
                for column in range(8 * eight, 8 * eight + 8):
                    if turns[column]:
                        if in_run:
                            ends[count] = column
                            count += 1
                        else:
                            starts[count] = column
                        in_run = not in_run
        candidate = last_row
        for run in range(first, count):
            rows[run] = row
            above[run] = run
            vouched[run] = inside[row, starts[run] : ends[run]].any()
            while candidate < first and ends[candidate] < starts[run]:
                candidate += 1
            touching = candidate
            while touching < first and starts[touching] <= ends[run]:
                _join(above, vouched, touching, run)
                touching += 1
        last_row = first
    kept = np.zeros((height, width), dtype=np.bool_)
    for run in range(count):
        if vouched[_top(above, run)]:
            kept[rows[run], starts[run] : ends[run]] = True
    return kept


@numba.njit(cache=True, nogil=True)
def _join(above: NDArray[np.int32], vouched: NDArray[np.bool_], one: int, other: int) -> None:
    """Make one set of the sets of two runs."""
    one, other = _top(above, one), _top(above, other)
    above[other] = one
    vouched[one] |= vouched[other]


@numba.njit(cache=True, nogil=True)
def _top(above: NDArray[np.int32], run: int) -> int:
    """Find the run that stands for the set, and halve the way to it."""
    while above[run] != run:
        above[run] = above[above[run]]
        run = above[run]
    return run
