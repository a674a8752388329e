"""Exact minimum cuts of a grid whose terminal capacities keep changing.

Augmenting paths between two search trees (Boykov and Kolmogorov, "An Experimental Comparison of Min-Cut/Max-Flow
Algorithms for Energy Minimization in Vision", PAMI 2004), with the flow and both trees kept from one cut to the next
(Kohli and Torr, "Dynamic Graph Cuts for Efficient Inference in Markov Random Fields", PAMI 2007). Labels that rise from
parent to child, after the incremental breadth-first search of Goldberg et al. (ESA 2011), let most orphans find a new
parent without a climb to its root.

A node has one signed terminal residual: what can still be pushed from the source into it where positive, from it into
the sink where negative. Capacity common to both terminal links (t-links) never changes the cut, so any change of a
unary is one addition to that number, and the flow found before stays valid.
"""

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from cutout_rl.segmenters.grid import neighbour_steps

SOURCE = 1
FREE = 0
SINK = -1

# A node's parent is the direction (0-7) that leads to it, or one of these.
_ROOT = 8
_ORPHAN = 9

# A child's label in a growing tree is this much above its parent's, so that most relabelled orphans fit below their
# children.
_GAP = 64
_NOWHERE = 1 << 30


class FlowGraph(NamedTuple):
    """The residual graph of a grid and its two search trees, over N = (H + 2) * (W + 2) nodes (see `grid`).

    Attributes:
        steps: (8,) uint64, from a node to its neighbours.
        residual: (N, 8) int16, what can still be pushed to each neighbour.
        terminal: (N,) int32, the signed terminal residual: unary minus the flow that has left the node.
        tree: (N,) int8, SOURCE, FREE or SINK. After `solve`, SOURCE is the minimal source set.
        parent: (N,) int8, direction of the parent in the tree.
        label: (N,) int32, 0 on roots and above the parent's elsewhere.
        stamp: (N,) int32, when the node was last known to hang on a root.
        active: (a power of two above N,) int32, a ring of the nodes whose tree may still grow.
        is_active: (N,) bool, whether a node is in that ring.
        orphans: (a power of two above N,) int32, a ring of the nodes that have lost their parent.
        cursors: (5,) int32: start and count of `active`, start and count of `orphans`, the clock.
    """

    steps: NDArray[np.uint64]
    residual: NDArray[np.int16]
    terminal: NDArray[np.int32]
    tree: NDArray[np.int8]
    parent: NDArray[np.int8]
    label: NDArray[np.int32]
    stamp: NDArray[np.int32]
    active: NDArray[np.int32]
    is_active: NDArray[np.bool_]
    orphans: NDArray[np.int32]
    cursors: NDArray[np.int32]


_ACTIVE_START, _ACTIVE_COUNT, _ORPHAN_START, _ORPHAN_COUNT, _CLOCK = range(5)


def build_graph(width: int, weights: NDArray[np.int16]) -> FlowGraph:
    """Make a graph without unaries.

    Args:
        width: the image's width in pixels.
        weights: (N, 8) int16, capacity to each neighbour (n-links); 0 for every link that touches the border. The two
            directions of a link may differ; their sum must fit in int16. The graph takes the array over and writes
            into it.
    """
    nodes = len(weights)
    ring = 1 << nodes.bit_length()
    return FlowGraph(
        # Negative steps wrap around; unsigned indices spare a test for Python's negative ones at every access.
        steps=neighbour_steps(width).astype(np.uint64),
        residual=weights,
        terminal=np.zeros(nodes, dtype=np.int32),
        tree=np.zeros(nodes, dtype=np.int8),
        parent=np.zeros(nodes, dtype=np.int8),
        label=np.zeros(nodes, dtype=np.int32),
        stamp=np.zeros(nodes, dtype=np.int32),
        active=np.empty(ring, dtype=np.int32),
        is_active=np.zeros(nodes, dtype=np.bool_),
        orphans=np.empty(ring, dtype=np.int32),
        cursors=np.zeros(5, dtype=np.int32),
    )


@numba.njit(cache=True, nogil=True)
def change_unaries(graph: FlowGraph, nodes: NDArray[np.int32], changes: NDArray[np.int32]) -> None:
    """Add to the unaries of some nodes; the cut is out of date until `solve`, which has to come before the next change.

    Args:
        graph: the graph to change.
        nodes: (M,) int32, each node once.
        changes: (M,) int32, positive where the source gains.
    """
    steps, terminal, tree, parent, cursors = graph.steps, graph.terminal, graph.tree, graph.parent, graph.cursors
    label, active, is_active, orphans = graph.label, graph.active, graph.is_active, graph.orphans
    for index in range(len(nodes)):
        node = np.uint64(nodes[index])
        terminal[node] += changes[index]
        if terminal[node] == 0:
            if tree[node] != FREE and parent[node] == _ROOT:
                _orphan(parent, orphans, cursors, node)
            continue
        side = SOURCE if terminal[node] > 0 else SINK
        if tree[node] == -side:
            for direction in range(8):
                near = node + steps[direction]
                if tree[near] == -side:
                    # Should the node be free before its turn to grow, nobody else would look across this link.
                    _activate(active, is_active, cursors, near)
                    if parent[near] == direction ^ 1:
                        _orphan(parent, orphans, cursors, near)
        if tree[node] != side:
            tree[node] = side
            _activate(active, is_active, cursors, node)
        parent[node] = _ROOT
        label[node] = 0


@numba.njit(cache=True, nogil=True)
def solve(graph: FlowGraph) -> None:
    """Push the maximum flow; afterwards `graph.tree == SOURCE` is the minimal source set of the minimum cut."""
    steps, residual, tree, cursors = graph.steps, graph.residual, graph.tree, graph.cursors
    parent, label, active, is_active = graph.parent, graph.label, graph.active, graph.is_active
    cursors[_CLOCK] += 1
    _adopt_orphans(graph)
    while cursors[_ACTIVE_COUNT] > 0:
        node = np.uint64(active[cursors[_ACTIVE_START]])
        cursors[_ACTIVE_START] = (cursors[_ACTIVE_START] + 1) & (len(active) - 1)
        cursors[_ACTIVE_COUNT] -= 1
        is_active[node] = False
        side = tree[node]
        direction = 0
        while direction < 8 and side != FREE and tree[node] == side:
            near = node + steps[direction]
            if tree[near] != side:
                capacity = residual[node, direction] if side == SOURCE else residual[near, direction ^ 1]
                if capacity > 0:
                    if tree[near] == FREE:
                        tree[near] = side
                        parent[near] = direction ^ 1
                        label[near] = label[node] + _GAP
                        _activate(active, is_active, cursors, near)
                    else:
                        if side == SOURCE:
                            _augment(graph, node, direction)
                        else:
                            _augment(graph, near, direction ^ 1)
                        cursors[_CLOCK] += 1
                        _adopt_orphans(graph)
                        continue
            direction += 1


@numba.njit(cache=True, nogil=True)
def _activate(active: NDArray[np.int32], is_active: NDArray[np.bool_], cursors: NDArray[np.int32], node: int) -> None:
    """Queue a node whose tree may grow from it."""
    if not is_active[node]:
        is_active[node] = True
        active[(cursors[_ACTIVE_START] + cursors[_ACTIVE_COUNT]) & (len(active) - 1)] = node
        cursors[_ACTIVE_COUNT] += 1


@numba.njit(cache=True, nogil=True)
def _orphan(parent: NDArray[np.int8], orphans: NDArray[np.int32], cursors: NDArray[np.int32], node: int) -> None:
    """Cut a node off its parent and queue it for adoption."""
    parent[node] = _ORPHAN
    orphans[(cursors[_ORPHAN_START] + cursors[_ORPHAN_COUNT]) & (len(orphans) - 1)] = node
    cursors[_ORPHAN_COUNT] += 1


@numba.njit(cache=True, nogil=True)
def _augment(graph: FlowGraph, node: int, direction: int) -> None:
    """Push what fits along the path root .. node -> neighbour .. root; links that fill up make orphans."""
    steps, residual, parent, terminal = graph.steps, graph.residual, graph.parent, graph.terminal
    orphans, cursors = graph.orphans, graph.cursors
    other = node + steps[direction]

    pushed = np.int32(residual[node, direction])
    end = node
    while parent[end] != _ROOT:
        up = parent[end]
        end += steps[up]
        pushed = min(pushed, np.int32(residual[end, up ^ 1]))
    pushed = min(pushed, terminal[end])
    end = other
    while parent[end] != _ROOT:
        up = parent[end]
        pushed = min(pushed, np.int32(residual[end, up]))
        end += steps[up]
    pushed = min(pushed, -terminal[end])

    residual[node, direction] -= pushed
    residual[other, direction ^ 1] += pushed
    end = node
    while parent[end] != _ROOT:
        child = end
        up = parent[child]
        end += steps[up]
        residual[end, up ^ 1] -= pushed
        residual[child, up] += pushed
        if residual[end, up ^ 1] == 0:
            _orphan(parent, orphans, cursors, child)
    terminal[end] -= pushed
    if terminal[end] == 0:
        _orphan(parent, orphans, cursors, end)
    end = other
    while parent[end] != _ROOT:
        child = end
        up = parent[child]
        end += steps[up]
        residual[child, up] -= pushed
        residual[end, up ^ 1] += pushed
        if residual[child, up] == 0:
            _orphan(parent, orphans, cursors, child)
    terminal[end] += pushed
    if terminal[end] == 0:
        _orphan(parent, orphans, cursors, end)


@numba.njit(cache=True, nogil=True)
def _is_rooted(
    steps: NDArray[np.uint64], parent: NDArray[np.int8], stamp: NDArray[np.int32], now: int, node: int
) -> bool:
    """Say whether the way up ends at a root and not at an orphan."""
    end = node
    while stamp[end] != now and parent[end] != _ROOT:
        if parent[end] == _ORPHAN:
            return False
        end += steps[parent[end]]
    # The next orphan that asks below here need not climb again.
    stamp[end] = now
    at = node
    while at != end:
        stamp[at] = now
        at += steps[parent[at]]
    return True


@numba.njit(cache=True, nogil=True)
def _adopt_orphans(graph: FlowGraph) -> None:
    """Give each orphan the parent with the lowest label in its own tree, or set it free.

    A parent with a lower label cannot hang below the orphan. Others are climbed from, and the orphan's label is raised;
    children that are not above it any more become orphans too.
    """
    steps, residual, tree, parent, cursors = graph.steps, graph.residual, graph.tree, graph.parent, graph.cursors
    label, stamp, active, is_active, orphans = graph.label, graph.stamp, graph.active, graph.is_active, graph.orphans
    now = cursors[_CLOCK]
    while cursors[_ORPHAN_COUNT] > 0:
        node = np.uint64(orphans[cursors[_ORPHAN_START]])
        cursors[_ORPHAN_START] = (cursors[_ORPHAN_START] + 1) & (len(orphans) - 1)
        cursors[_ORPHAN_COUNT] -= 1
        if parent[node] != _ORPHAN:
            continue
        side = tree[node]
        best = label[node]
        best_direction = -1
        for direction in range(8):
            near = node + steps[direction]
            if tree[near] == side and label[near] < best and parent[near] != _ORPHAN:
                capacity = residual[near, direction ^ 1] if side == SOURCE else residual[node, direction]
                if capacity > 0:
                    best = label[near]
                    best_direction = direction
        if best_direction >= 0:
            parent[node] = best_direction
            continue
        best = _NOWHERE
        lowest_child = _NOWHERE
        for direction in range(8):
            near = node + steps[direction]
            if tree[near] != side:
                continue
            if parent[near] == direction ^ 1:
                lowest_child = min(lowest_child, label[near])
            elif label[near] < best and parent[near] != _ORPHAN:
                capacity = residual[near, direction ^ 1] if side == SOURCE else residual[node, direction]
                if capacity > 0 and _is_rooted(steps, parent, stamp, now, near):
                    best = label[near]
                    best_direction = direction
        if best_direction >= 0:
            parent[node] = best_direction
            raised = max(best + 1, min(best + _GAP, lowest_child - 1))
            label[node] = raised
            stamp[node] = now
            if lowest_child <= raised:
                for direction in range(8):
                    near = node + steps[direction]
                    if tree[near] == side and parent[near] == direction ^ 1 and label[near] <= raised:
                        _orphan(parent, orphans, cursors, near)
            continue
        for direction in range(8):
            near = node + steps[direction]
            if tree[near] != side:
                continue
            capacity = residual[near, direction ^ 1] if side == SOURCE else residual[node, direction]
            if capacity > 0:
                _activate(active, is_active, cursors, near)
            if parent[near] == direction ^ 1:
                _orphan(parent, orphans, cursors, near)
        tree[node] = FREE
