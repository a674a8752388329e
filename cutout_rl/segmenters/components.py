"""Connected components of a mask that touch a scribble."""

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray


class Runs(NamedTuple):
    """The horizontal runs of object pixels in a mask, R at most, and their sets.

    Attributes:
        rows: (R,) int32.
        starts: (R,) int32, first column.
        ends: (R,) int32, one past the last column.
        parent: (R,) int32, union-find.
        touched: (R,) bool, for roots, whether the set contains a labelled pixel.
        is_edge: (W + 1 rounded up to a multiple of 8,) bool, the columns where a run begins or ends; False beyond W.
    """

    rows: NDArray[np.int32]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    parent: NDArray[np.int32]
    touched: NDArray[np.bool_]
    is_edge: NDArray[np.bool_]


def allocate_runs(height: int, width: int) -> Runs:
    """Allocate the memory for masks of one size."""
    most = height * ((width + 1) // 2)
    return Runs(
        rows=np.zeros(most, dtype=np.int32),
        starts=np.zeros(most, dtype=np.int32),
        ends=np.zeros(most, dtype=np.int32),
        parent=np.zeros(most, dtype=np.int32),
        touched=np.zeros(most, dtype=np.bool_),
        is_edge=np.zeros((width + 8) // 8 * 8, dtype=np.bool_),
    )


def touching_components(mask: NDArray[np.bool_], inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the 8-connected components of a mask that contain an inside-labelled pixel.

    Args:
        mask: (H, W) bool.
        inside: (H, W) bool, the pixels labelled as object; those outside the mask are ignored.

    Returns:
        (H, W) bool, a fresh array.
    """
    result = np.array(mask, order="C")
    keep_touching(result, np.ascontiguousarray(inside).view(np.int8), 1, allocate_runs(*mask.shape))
    return result


@numba.njit(cache=True, nogil=True)
def keep_touching(mask: NDArray[np.bool_], labels: NDArray[np.int8], inside: int, runs: Runs) -> None:
    """Keep the 8-connected components of a mask that contain a pixel labelled `inside`, in place.

    Runs of object pixels are merged with touching runs of the row above, by union-find.

    Args:
        mask: (H, W) bool, changed in place.
        labels: (H, W) int8.
        inside: value of the labelled pixels; those outside the mask are ignored.
        runs: overwritten.
    """
    height, width = mask.shape
    rows, starts, ends, parent, touched, is_edge = runs
    # The flags are sparse, so eight are tested at once.
    eights = is_edge.view(np.uint64)
    count = 0
    last_row = 0
    for row in range(height):
        first = count
        is_edge[0] = mask[row, 0]
        for column in range(1, width):
            is_edge[column] = mask[row, column] != mask[row, column - 1]
        is_edge[width] = mask[row, width - 1]
        in_run = False
        for eight in range(len(eights)):
            if eights[eight]:
                for column in range(8 * eight, 8 * eight + 8):
                    if is_edge[column]:
                        if in_run:
                            ends[count] = column
                            count += 1
                        else:
                            starts[count] = column
                        in_run = not in_run
        candidate = last_row
        for run in range(first, count):
            rows[run] = row
            parent[run] = run
            is_touched = False
            for column in range(starts[run], ends[run]):
                is_touched |= labels[row, column] == inside
            touched[run] = is_touched
            while candidate < first and ends[candidate] < starts[run]:
                candidate += 1
            touching = candidate
            while touching < first and starts[touching] <= ends[run]:
                _join(parent, touched, touching, run)
                touching += 1
        last_row = first
    for run in range(count):
        if not touched[_root(parent, run)]:
            mask[rows[run], starts[run] : ends[run]] = False


@numba.njit(cache=True, nogil=True)
def _join(parent: NDArray[np.int32], touched: NDArray[np.bool_], one: int, other: int) -> None:
    """Merge the sets of two runs."""
    one, other = _root(parent, one), _root(parent, other)
    parent[other] = one
    touched[one] |= touched[other]


@numba.njit(cache=True, nogil=True)
def _root(parent: NDArray[np.int32], run: int) -> int:
    """Return the root of a run's set; halve the path to it."""
    while parent[run] != run:
        parent[run] = parent[parent[run]]
        run = parent[run]
    return run
