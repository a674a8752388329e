"""Solver of energies by PyMaxflow; `pymaxflow.py` runs this file in another Python environment, nothing imports it.

`python pymaxflow_worker.py PROBLEM.npz ANSWER.npz`
"""

import sys
from time import perf_counter

import maxflow
import numpy as np

# Towards E and S.
STRUCTURES = (np.array([[0, 0, 0], [0, 0, 1], [0, 0, 0]]), np.array([[0, 0, 0], [0, 0, 0], [0, 1, 0]]))

with np.load(sys.argv[1], allow_pickle=False) as problem:
    unaries, capacities = problem["unaries"], problem["capacities"].astype(np.int32)

milliseconds = np.empty(len(unaries))
masks = np.empty(unaries.shape, np.bool_)
for i in range(len(unaries)):
    start = perf_counter()
    graph = maxflow.GraphInt(unaries[i].size, 2 * unaries[i].size)
    nodes = graph.add_grid_nodes(unaries[i].shape)
    for structure, capacity in zip(STRUCTURES, capacities[i], strict=True):
        graph.add_grid_edges(nodes, capacity, structure, symmetric=True)
    # PyMaxflow assigns free nodes to the source; with inside at the sink, the mask is the smallest one.
    graph.add_grid_tedges(nodes, np.maximum(-unaries[i], 0), np.maximum(unaries[i], 0))
    graph.maxflow()
    masks[i] = graph.get_grid_segments(nodes)
    milliseconds[i] = (perf_counter() - start) * 1000

np.savez(sys.argv[2], milliseconds=milliseconds, masks=masks)
