"""Exact minimum cuts of a 4-connected grid, warm-started after the unaries have changed.

Augmenting paths between two search trees (Boykov and Kolmogorov, "An Experimental Comparison of Min-Cut/Max-Flow
Algorithms for Energy Minimization in Vision", PAMI 2004). The flow and both trees are reused for the next cut (Kohli
and Torr, "Dynamic Graph Cuts for Efficient Inference in Markov Random Fields", PAMI 2007); see `search_trees`.
"""

import numpy as np
from numpy.typing import NDArray

from cutout_rl.segmenters.padded_grid import N_DIRECTIONS
from cutout_rl.segmenters.search_trees import (
    ACTIVE_COUNT,
    ACTIVE_START,
    GAP,
    LOST,
    ROOT,
    SINK,
    SOURCE,
    FlowGraph,
    activate,
    adopt_orphans,
    growth_index,
    orphan,
)
from cutout_rl.utils.numba_kernel import kernel

_EVERY_DIRECTION = (1 << N_DIRECTIONS) - 1
# How far up the tree `_supply_from_root` looks for a root.
_HOPS = 8


@kernel
def set_unaries(graph: FlowGraph, nodes: NDArray[np.int32], unaries: NDArray[np.int32], count: int) -> None:
    """Set the unaries of a graph without flow, as `change_unaries` would, in a third of the time.

    All of its nodes become roots, so that trees can grow only where the sign of the unaries changes.

    Args:
        graph: fresh from `build_graph`, changed in place.
        nodes: int32, distinct nodes.
        unaries: int32, positive towards the source.
        count: how many there are; the rest of both arrays is ignored.
    """
    terminal, height = graph.terminal, graph.height
    active, is_active, cursors = graph.active, graph.is_active, graph.cursors
    for index in range(count):
        terminal[np.uint64(nodes[index])] = unaries[index]
    graph.parent[:] = ROOT
    # Simple loops, which the compiler vectorises.
    for node in range(len(height)):
        height[node] = np.int32(terminal[node] > 0) - np.int32(terminal[node] < 0)
    step = np.int64(graph.steps[2])
    here, north, south = height[step:], height, height[2 * step :]
    west, east = height[step - 1 :], height[step + 1 :]
    can_grow = is_active[step:]
    for node in range(len(south)):
        side = here[node]
        differs = (side != north[node]) | (side != south[node]) | (side != west[node]) | (side != east[node])
        can_grow[node] = (side != 0) & differs
    for node in range(len(south)):
        if can_grow[node]:
            active[(cursors[ACTIVE_START] + cursors[ACTIVE_COUNT]) & (len(active) - 1)] = step + node
            cursors[ACTIVE_COUNT] += 1


@kernel
def change_unaries(graph: FlowGraph, nodes: NDArray[np.int32], changes: NDArray[np.int32], count: int) -> None:
    """Add to the unaries of some nodes; call `solve` before the next change.

    A node whose unary contradicts its tree is first supplied from that tree, and changes trees only if that does not
    suffice: half of these nodes would come back.

    Args:
        graph: the graph, changed in place.
        nodes: int32, distinct nodes.
        changes: int32, positive towards the source.
        count: how many there are; the rest of both arrays is ignored.
    """
    steps, terminal, height, parent, cursors = graph.steps, graph.terminal, graph.height, graph.parent, graph.cursors
    active, is_active, orphans = graph.active, graph.is_active, graph.orphans
    for index in range(count):
        terminal[np.uint64(nodes[index])] += changes[index]
    for index in range(count):
        node = np.uint64(nodes[index])
        side = SOURCE if terminal[node] > 0 else SINK
        if terminal[node] != 0 and side * height[node] < 0:
            _supply_from_neighbours(graph, side, node)
            if terminal[node] != 0 and parent[node] != ROOT:
                _supply_from_root(graph, side, node)
        if terminal[node] == 0:
            if height[node] != 0 and parent[node] == ROOT:
                orphan(height, orphans, cursors, node)
            continue
        if side * height[node] < 0:
            for direction in range(N_DIRECTIONS):
                near = node + steps[direction]
                if side * height[near] < 0:
                    # Otherwise this link is never visited if the node becomes free before it is processed.
                    activate(active, is_active, cursors, near)
                    if parent[near] == direction ^ 1:
                        orphan(height, orphans, cursors, near)
        if side * height[node] <= 0:
            activate(active, is_active, cursors, node)
        parent[node] = ROOT
        height[node] = side


@kernel
def _supply_from_neighbours(graph: FlowGraph, side: int, node: int) -> None:
    """Push flow between a node and neighbours in its tree, until its terminal residual, which has `side`, is gone."""
    steps, residual, terminal, height, parent = graph.steps, graph.residual, graph.terminal, graph.height, graph.parent
    orphans, cursors = graph.orphans, graph.cursors
    for direction in range(N_DIRECTIONS):
        near = node + steps[direction]
        if side * height[near] < 0 and side * terminal[near] < 0:
            forward = growth_index(side, node, near, direction)
            pushed = min(np.int32(residual[forward]), min(abs(terminal[near]), abs(terminal[node])))
            if pushed > 0:
                residual[forward] -= pushed
                residual[growth_index(-side, node, near, direction)] += pushed
                terminal[node] -= side * pushed
                terminal[near] += side * pushed
                if residual[forward] == 0 and parent[node] == direction:
                    orphan(height, orphans, cursors, node)
                if terminal[near] == 0 and parent[near] == ROOT:
                    orphan(height, orphans, cursors, near)


@kernel
def _supply_from_root(graph: FlowGraph, side: int, node: int) -> None:
    """Push flow between a node and its tree's root, if it is near, to reduce the node's terminal residual."""
    steps, residual, terminal, height, parent = graph.steps, graph.residual, graph.terminal, graph.height, graph.parent
    end = node
    pushed = np.int32(abs(terminal[node]))
    for _ in range(_HOPS):
        if parent[end] == ROOT or abs(height[end]) >= LOST:
            break
        above = end + steps[parent[end]]
        pushed = min(pushed, np.int32(residual[growth_index(side, end, above, parent[end])]))
        end = above
    if parent[end] == ROOT and abs(height[end]) < LOST and side * terminal[end] < 0:
        pushed = np.int32(min(pushed, abs(terminal[end])))
        terminal[node] -= side * pushed
        _push(steps, residual, terminal, height, parent, graph.orphans, graph.cursors, -side, node, pushed)


@kernel
def solve(graph: FlowGraph) -> None:
    """Compute the maximum flow; afterwards `graph.height > 0` is the minimal source set of a minimum cut."""
    steps, residual, terminal = graph.steps, graph.residual, graph.terminal
    height, parent, active, is_active = graph.height, graph.parent, graph.active, graph.is_active
    orphans, cursors = graph.orphans, graph.cursors
    adopt_orphans(graph)
    while cursors[ACTIVE_COUNT] > 0:
        node = np.uint64(active[cursors[ACTIVE_START]])
        cursors[ACTIVE_START] = (cursors[ACTIVE_START] + 1) & (len(active) - 1)
        cursors[ACTIVE_COUNT] -= 1
        is_active[node] = False
        if height[node] == 0:
            continue
        side = SOURCE if height[node] > 0 else SINK
        # Most links lead nowhere: all four are tested without a branch first.
        is_open = 0
        for direction in range(N_DIRECTIONS):
            near = node + steps[direction]
            can_grow = (side * height[near] <= 0) & (residual[growth_index(side, node, near, direction)] > 0)
            is_open |= np.int64(can_grow) << direction
        direction = 0
        while direction < N_DIRECTIONS and side * height[node] > 0:
            if (is_open >> direction) & 1 == 0:
                direction += 1
                continue
            near = node + steps[direction]
            if side * height[near] <= 0:
                forward = growth_index(side, node, near, direction)
                capacity = residual[forward]
                if capacity > 0:
                    if height[near] == 0:
                        parent[near] = direction ^ 1
                        height[near] = height[node] + side * GAP
                        activate(active, is_active, cursors, near)
                    else:
                        pushed = min(
                            np.int32(capacity),
                            _bottleneck(steps, residual, terminal, parent, side, node),
                            _bottleneck(steps, residual, terminal, parent, -side, near),
                        )
                        residual[forward] -= pushed
                        residual[growth_index(-side, node, near, direction)] += pushed
                        _push(steps, residual, terminal, height, parent, orphans, cursors, side, node, pushed)
                        _push(steps, residual, terminal, height, parent, orphans, cursors, -side, near, pushed)
                        adopt_orphans(graph)
                        # Adoption may have freed any neighbour.
                        is_open = _EVERY_DIRECTION
                        continue
            direction += 1


@kernel
def _bottleneck(
    steps: NDArray[np.uint64],
    residual: NDArray[np.int16],
    terminal: NDArray[np.int32],
    parent: NDArray[np.uint8],
    side: int,
    node: int,
) -> int:
    """Return the bottleneck of the path between a node and its root's terminal, in one side's tree."""
    bottleneck = np.int32(LOST)
    end = node
    while parent[end] != ROOT:
        above = end + steps[parent[end]]
        bottleneck = min(bottleneck, np.int32(residual[growth_index(-side, end, above, parent[end])]))
        end = above
    return int(min(bottleneck, np.int32(abs(terminal[end]))))


@kernel
def _push(
    steps: NDArray[np.uint64],
    residual: NDArray[np.int16],
    terminal: NDArray[np.int32],
    height: NDArray[np.int32],
    parent: NDArray[np.uint8],
    orphans: NDArray[np.int32],
    cursors: NDArray[np.int32],
    side: int,
    node: int,
    pushed: int,
) -> None:
    """Push flow from the source to the node, or from the node to the sink; saturated links make orphans."""
    end = node
    while parent[end] != ROOT:
        above = end + steps[parent[end]]
        towards_end = growth_index(-side, end, above, parent[end])
        residual[towards_end] -= pushed
        residual[growth_index(side, end, above, parent[end])] += pushed
        if residual[towards_end] == 0:
            orphan(height, orphans, cursors, end)
        end = above
    terminal[end] -= side * pushed
    if terminal[end] == 0:
        orphan(height, orphans, cursors, end)
