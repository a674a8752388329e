"""The scaling study: the model, and the command that measures its inputs."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import TINY_GAME, TINY_PRIOR, rows

from cutout_rl.experiments.scaling.measurements import Costs, Measured
from cutout_rl.experiments.scaling.throughput_figure import draw_scaling
from cutout_rl.experiments.scaling.throughput_model import (
    NODES,
    Links,
    ceiling_of_learners,
    ceiling_of_one_learner,
    learner_per_node,
    nodes_that_fill_the_file_server,
    one_learner,
    runs_apart,
)

COSTS = Costs(
    play=1e-3,
    unpack=1e-5,
    update=2e-3,
    sample_bytes=1e4,
    apply=1e-2,
    weight_bytes=1e6,
    gradient_bytes=4e5,
    checkpoint_bytes=3e6,
    minibatches=16,
    batch=1000,
)
FREE = Links(bandwidth=1e18, latency=0)


def test_one_node_takes_its_costs_one_after_another() -> None:
    assert one_learner(1, COSTS, FREE) == pytest.approx(1000 / (1000 * (1e-3 + 1e-5 + 2e-3) + 1e-2))
    assert learner_per_node(1, COSTS, FREE) == pytest.approx(one_learner(1, COSTS, FREE))
    slow = Links(bandwidth=1e7, latency=0.5)
    assert 1000 / one_learner(1, COSTS, slow) == pytest.approx(1000 / one_learner(1, COSTS, FREE) + 1 + 0.1 + 1)


def test_one_learner_grows_towards_its_ceiling() -> None:
    links = Links()
    grown = [one_learner(nodes, COSTS, links) for nodes in NODES]
    ceiling = ceiling_of_one_learner(COSTS, links)
    assert grown == sorted(grown)
    assert max(grown) < ceiling
    assert one_learner(10**6, COSTS, links) == pytest.approx(ceiling, rel=1e-3)


def test_learners_on_each_node_meet_what_the_driver_carries() -> None:
    links = Links()
    assert learner_per_node(64, COSTS, links) > 5 * one_learner(64, COSTS, links)
    assert learner_per_node(1000, COSTS, links) < ceiling_of_learners(COSTS, links)
    assert learner_per_node(10**6, COSTS, links) == pytest.approx(ceiling_of_learners(COSTS, links), rel=1e-3)


def test_runs_apart_grow_until_the_file_server_is_busy() -> None:
    assert runs_apart(10, COSTS, Links(), 10_000) == pytest.approx(10 * runs_apart(1, COSTS, Links(), 10_000))
    narrow = Links(bandwidth=3e6)
    assert runs_apart(1000, COSTS, narrow, 10_000) == pytest.approx(10_000)
    assert nodes_that_fill_the_file_server(COSTS, narrow, 10_000) == pytest.approx(10_000 * 3e-3)


def test_curves_are_drawn(tmp_path: Path) -> None:
    curves = {name: [float(nodes) for nodes in NODES] for name in ("a", "b", "c")}
    draw_scaling(curves, [Measured(1, 1, 900.0, 300.0), Measured(2, 1, 1500.0, 400.0)], tmp_path / "scaling.png")
    assert (tmp_path / "scaling.png").stat().st_size > 10_000


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is not installed (the extra [ray])")
def test_costs_and_nodes_are_measured(tmp_path: Path) -> None:
    flags = " ".join([*TINY_GAME, *TINY_PRIOR, "--n-envs", "2", "--n-steps", "8", "--batch-size", "16"])
    command = [
        sys.executable,
        "-m",
        "cutout_rl.experiments.scaling",
        f"--flags={flags}",
        "--rounds",
        "1",
        "--out",
        str(tmp_path),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done
    costs = json.loads((tmp_path / "costs.json").read_text())
    assert costs["batch"] == 16
    assert costs["minibatches"] == 4
    assert min(costs["play"], costs["update"], costs["unpack"]) > 0
    assert costs["gradient_bytes"] < min(costs["weight_bytes"], costs["checkpoint_bytes"])  # the prior is frozen
    assert [row["nodes"] for row in rows(tmp_path / "nodes.csv")] == ["1", "2"]
    assert all(float(row["training"]) > 0 for row in rows(tmp_path / "nodes.csv"))
    assert "one learner never passes: " in done.stdout
