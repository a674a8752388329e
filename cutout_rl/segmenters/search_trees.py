"""The residual graph of a 4-connected grid and the two search trees of the max-flow; see `maxflow`.

Each node has one signed terminal residual: the residual capacity of its t-link from the source if positive, of its
t-link to the sink if negative. Adding the same capacity to both t-links never changes the minimum cut, so a change of a
unary is one addition to this number, and the previous flow stays valid.

Node heights increase from parent to child, as in the incremental breadth-first search of Goldberg et al. (ESA 2011). A
node that is no higher than all children of an orphan is no descendant of it, so most orphans find a new parent without
tracing paths.
"""

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from cutout_rl.segmenters.padded_grid import N_DIRECTIONS, neighbour_steps
from cutout_rl.utils.numba_kernel import kernel

SOURCE = 1
SINK = -1

# A node's parent is stored as the direction (0-3) towards it, or as this value for roots.
ROOT = 4

# Height difference between parent and child in a growing tree, so that most orphans can rise and stay below their
# children.
GAP = 64
# Added to the height of an orphan.
LOST = 1 << 29

# Unsigned constants: numba computes with floats where signed and unsigned integers meet.
_ONE = np.uint64(1)
_FOUR = np.uint64(N_DIRECTIONS)


class FlowGraph(NamedTuple):
    """The residual graph of a grid and its two search trees, over N = (H + 2) * (W + 2) nodes (see `padded_grid`).

    Attributes:
        steps: (4,) uint64, offsets from a node to its neighbours.
        residual: (4 N,) int16, residual capacities of the n-links to each neighbour; see `growth_index`.
        terminal: (N,) int32, signed terminal residuals: the unary minus the node's outflow.
        height: (N,) int32, positive in the source's tree, negative in the sink's, 0 in neither; 1 or -1 on roots, and
            further from 0 than the parent's elsewhere. After `solve`, the positive nodes are the minimal source set.
        parent: (N,) uint8, direction of the parent in the tree.
        active: (a power of two above N,) int32, a ring buffer of the nodes from which a tree may grow.
        is_active: (N,) bool, whether a node is in that buffer.
        orphans: (a power of two above 2 N,) int32, a ring buffer of the nodes without a parent; a node that has found
            one may be left in it.
        cursors: (4,) int32: start and count of `active`, start and count of `orphans`.
    """

    steps: NDArray[np.uint64]
    residual: NDArray[np.int16]
    terminal: NDArray[np.int32]
    height: NDArray[np.int32]
    parent: NDArray[np.uint8]
    active: NDArray[np.int32]
    is_active: NDArray[np.bool_]
    orphans: NDArray[np.int32]
    cursors: NDArray[np.int32]


ACTIVE_START, ACTIVE_COUNT, ORPHAN_START, ORPHAN_COUNT = range(4)


class FlowScratch(NamedTuple):
    """The part of a `FlowGraph` that graphs of one size may share: it means nothing between two calls of `solve`."""

    steps: NDArray[np.uint64]
    active: NDArray[np.int32]
    is_active: NDArray[np.bool_]
    orphans: NDArray[np.int32]
    cursors: NDArray[np.int32]


def allocate_flow_scratch(height: int, width: int) -> FlowScratch:
    """Allocate the shared part for images of one size."""
    nodes = (height + 2) * (width + 2)
    return FlowScratch(
        steps=neighbour_steps(width),
        active=np.zeros(1 << nodes.bit_length(), dtype=np.int32),
        is_active=np.zeros(nodes, dtype=np.bool_),
        orphans=np.zeros(1 << (2 * nodes).bit_length(), dtype=np.int32),
        cursors=np.zeros(4, dtype=np.int32),
    )


def build_graph(width: int, weights: NDArray[np.int16]) -> FlowGraph:
    """Build a graph whose unaries are 0.

    Args:
        width: the image's width in pixels.
        weights: (N, 4) int16, capacities of the n-links to each neighbour; 0 for links that touch the padding. The two
            directions of a link may differ; their sum must fit in int16. The graph owns the array and writes into it.
    """
    nodes = len(weights)
    terminal, height = np.zeros(nodes, dtype=np.int32), np.zeros(nodes, dtype=np.int32)
    scratch = allocate_flow_scratch(nodes // (int(width) + 2) - 2, int(width))
    return join_graph(weights.reshape(-1), terminal, height, np.zeros(nodes, dtype=np.uint8), scratch)


@numba.njit(cache=True, nogil=True)
def join_graph(
    residual: NDArray[np.int16],
    terminal: NDArray[np.int32],
    height: NDArray[np.int32],
    parent: NDArray[np.uint8],
    scratch: FlowScratch,
) -> FlowGraph:
    """Return the graph of one image, with shared scratch."""
    steps, active, is_active, orphans, cursors = scratch
    return FlowGraph(steps, residual, terminal, height, parent, active, is_active, orphans, cursors)


@kernel
def growth_index(side: int, node: int, near: int, direction: int) -> int:
    """Return the index of the residual capacity along which a side's tree grows from a node to a neighbour.

    That of the source grows along the link from the node, that of the sink against the link from the neighbour.
    """
    if side == SOURCE:
        index: int = node * _FOUR + np.uint64(direction)
    else:
        index = near * _FOUR + (np.uint64(direction) ^ _ONE)
    return index


@kernel
def activate(active: NDArray[np.int32], is_active: NDArray[np.bool_], cursors: NDArray[np.int32], node: int) -> None:
    """Queue a node from which its tree may grow."""
    if not is_active[node]:
        is_active[node] = True
        active[(cursors[ACTIVE_START] + cursors[ACTIVE_COUNT]) & (len(active) - 1)] = node
        cursors[ACTIVE_COUNT] += 1


@kernel
def orphan(height: NDArray[np.int32], orphans: NDArray[np.int32], cursors: NDArray[np.int32], node: int) -> None:
    """Detach a node from its parent and queue it for adoption."""
    if abs(height[node]) < LOST:
        height[node] += LOST if height[node] > 0 else -LOST
        orphans[(cursors[ORPHAN_START] + cursors[ORPHAN_COUNT]) & (len(orphans) - 1)] = node
        cursors[ORPHAN_COUNT] += 1


@kernel
def _is_apart(
    steps: NDArray[np.uint64],
    height: NDArray[np.int32],
    parent: NDArray[np.uint8],
    side: int,
    lowest_child: int,
    node: int,
) -> bool:
    """Return whether a node is no descendant of an orphan; False as well if its path ends at another orphan first.

    Args:
        steps: as in `FlowGraph`.
        height: as in `FlowGraph`.
        parent: as in `FlowGraph`.
        side: of the tree.
        lowest_child: height of the orphan's lowest child; what is below it is no descendant.
        node: in the same tree.
    """
    end = node
    while True:
        level = side * height[end]
        if level < lowest_child:
            return True
        if level >= LOST:
            return False
        if parent[end] == ROOT:
            return True
        end += steps[parent[end]]


@kernel
def adopt_orphans(graph: FlowGraph) -> None:
    """Attach each orphan to the lowest possible parent in its own tree, or set it free.

    A lower node cannot be a descendant of the orphan. Above another parent the orphan rises; children that are no
    longer above it become orphans as well. The new parent may hang from another orphan, and be set free with it later:
    to trace every one to its root would take longer. This ends, because the orphan whose lowest child is lowest of all
    finds no parent that hangs from an orphan: it is set free, or attached to a root, once and for all. The oldest
    orphan is first; in the reverse order more of them are adopted twice.
    """
    steps, residual, height, parent, cursors = graph.steps, graph.residual, graph.height, graph.parent, graph.cursors
    active, is_active, orphans = graph.active, graph.is_active, graph.orphans
    while cursors[ORPHAN_COUNT] > 0:
        node = np.uint64(orphans[cursors[ORPHAN_START]])
        cursors[ORPHAN_START] = (cursors[ORPHAN_START] + 1) & (len(orphans) - 1)
        cursors[ORPHAN_COUNT] -= 1
        if abs(height[node]) < LOST:
            continue
        side = SOURCE if height[node] > 0 else SINK
        own = side * height[node] - LOST
        lowest = own
        lowest_child = LOST
        toward = np.int64(-1)
        # Sets of directions: to nodes of the tree whose link leads here, and to children.
        linked, children = 0, 0
        for k in range(4):
            near = node + steps[k]
            level = side * height[near]
            is_linked = (level > 0) & (residual[growth_index(-side, node, near, k)] > 0)
            is_child = (level > 0) & (parent[near] == k ^ 1)
            linked |= np.int64(is_linked) << k
            children |= np.int64(is_child) << k
            lowest_child = min(lowest_child, level) if is_child else lowest_child
            is_better = is_linked & (level < lowest)
            lowest = level if is_better else lowest
            toward = k if is_better else toward
        if toward >= 0:
            parent[node] = toward
            height[node] = side * own
            continue
        lowest = LOST
        for direction in range(N_DIRECTIONS):
            if (linked & ~children) >> direction & 1:
                near = node + steps[direction]
                level = side * height[near]
                if level < lowest and _is_apart(steps, height, parent, side, lowest_child, near):
                    lowest = level
                    toward = direction
        if toward >= 0:
            parent[node] = toward
            raised = max(lowest + 1, min(lowest + GAP, lowest_child - 1))
            height[node] = side * raised
            if lowest_child <= raised:
                for direction in range(N_DIRECTIONS):
                    near = node + steps[direction]
                    if children >> direction & 1 and side * height[near] <= raised:
                        orphan(height, orphans, cursors, near)
            continue
        for direction in range(N_DIRECTIONS):
            near = node + steps[direction]
            if linked >> direction & 1:
                activate(active, is_active, cursors, near)
            if children >> direction & 1:
                orphan(height, orphans, cursors, near)
        height[node] = 0
