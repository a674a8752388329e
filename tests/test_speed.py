"""The speed benchmark: its parts add up, other solvers receive the energy of our cuts, batches are timed."""

import os

import numpy as np
import pytest
from ortools.graph.python import max_flow
from scenes import blob_game

from cutout_rl.experiments.speed.batch_speed import time_batches
from cutout_rl.experiments.speed.breakdown import REST, break_down
from cutout_rl.experiments.speed.environment_speed import Position
from cutout_rl.experiments.speed.image_sizes import time_image_sizes
from cutout_rl.experiments.speed.pymaxflow import Energy, energy_of, solve_with_pymaxflow
from cutout_rl.game.strokes import LABELLED_INSIDE, LABELLED_OUTSIDE
from cutout_rl.utils.errors import CutOutError

# E, S.
FORWARD = ((0, 1), (1, 0))


def position(size: int, seed: int) -> Position:
    """Play a few random moves on a blob."""
    game = blob_game(size, seed)
    for action in np.random.default_rng(seed).integers(0, 16, 8):
        game.step(int(action))
    return Position(game.sample.image, game.labels == LABELLED_INSIDE, game.labels == LABELLED_OUTSIDE)


def flow_and_cut(energy: Energy) -> tuple[int, int]:
    """Return the maximum flow by OR-tools, and the capacity of the mask's cut."""
    index = np.arange(energy.mask.size).reshape(energy.mask.shape)
    mask, unaries = energy.mask.ravel(), energy.unaries.ravel()
    source, sink = mask.size, mask.size + 1
    tails, heads = np.where(unaries > 0, source, index.ravel()), np.where(unaries > 0, index.ravel(), sink)
    arcs = [(tails, heads, np.abs(unaries))]
    severed = int(np.abs(unaries)[mask != (unaries > 0)].sum())
    for (down, right), capacity in zip(FORWARD, energy.capacities, strict=True):
        rows, columns = np.nonzero(capacity)
        one, other = index[rows, columns], index[rows + down, columns + right]
        arcs += [(one, other, capacity[rows, columns]), (other, one, capacity[rows, columns])]
        severed += int(capacity[rows, columns][mask[one] != mask[other]].sum())
    solver = max_flow.SimpleMaxFlow()
    solver.add_arcs_with_capacity(*(np.concatenate(part) for part in zip(*arcs, strict=True)))
    assert solver.solve(source, sink) == solver.OPTIMAL
    return solver.optimal_flow(), severed


@pytest.mark.parametrize("seed", range(5))
def test_the_mask_is_the_minimum_of_the_energy_handed_out(seed: int) -> None:
    energy = energy_of(position(20, seed))
    assert energy.mask.any()
    flow, severed = flow_and_cut(energy)
    assert flow == severed


def test_without_pymaxflow_the_error_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    with pytest.raises(CutOutError, match=r"PyMaxflow cannot be installed.*\(No matching.*\); go online"):
        solve_with_pymaxflow([position(16, 0)])


@pytest.mark.slow
def test_pymaxflow_cuts_as_we_do() -> None:
    positions = [position(48, seed) for seed in range(10)]
    try:
        times = solve_with_pymaxflow(positions)
    except CutOutError as error:
        pytest.skip(str(error))
    assert len(times) == len(positions)
    assert all(time > 0 for time in times)


def test_parts_are_not_more_than_the_whole() -> None:
    breakdown = break_down(32, episodes=3)
    for parts in (breakdown.step, breakdown.reset):
        # The rest is what is left, and noise may make it less than nothing.
        assert all(milliseconds > 0 for name, milliseconds in parts.items() if name != REST), parts
    assert breakdown.new_face > breakdown.reset["image drawn before"]


def test_growth_covers_what_it_was_asked() -> None:
    sizes = time_image_sizes((32, 64), episodes=1)
    assert list(sizes) == ["32 px", "64 px"]
    batches = time_batches((1, 3), image_size=32, repeats=1)
    assert list(batches) == ["1", "3"]
    for row in batches.values():
        assert row["2 / 1"] == pytest.approx(row["2 threads"] / row["1 thread"])
