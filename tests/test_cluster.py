"""A sweep on a Ray cluster of several nodes, one of which is lost in the middle of it."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import rows

pytest.importorskip("ray", reason="Ray is not installed (the extra [ray])")
from ray.cluster_utils import Cluster

TINY_PPO = (
    "ppo --prior-episodes 4 --prior-steps 1 --n-envs 2 --n-steps 8 --batch-size 16 --eval-images 2"
    " --checkpoint-every 16"
)
TINY = ("--settings", "6x5", "--image-size", "36", "--observation-size", "36", "--images", "3", "--oracle-images", "2")
SWEEP = ("--agents", TINY_PPO, *TINY, "--seeds", "0", "1", "2", "--total-timesteps", "1600")

pytestmark = pytest.mark.slow


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """Start a head without cores of its own."""
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    yield cluster
    cluster.shutdown()


def start(*flags: str, out: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "cutout_rl.experiments.benchmark", *SWEEP, "--out", str(out), *flags]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def scores(out: Path) -> list[dict[str, str]]:
    return rows(out / "scores.csv")


def test_a_sweep_survives_the_loss_of_a_node(cluster: Cluster, tmp_path: Path) -> None:
    nodes = [cluster.add_node(num_cpus=1) for _ in range(2)]
    sweep = start("--ray", cluster.address, out=tmp_path / "spread")
    deadline = time.monotonic() + 300
    while not (started := list((tmp_path / "spread" / "runs").glob("**/metrics.csv"))):
        assert sweep.poll() is None, sweep.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.1)
    for node in nodes:  # one of them runs the training
        cluster.remove_node(node, allow_graceful=False)
    done = rows(started[0])
    cluster.add_node(num_cpus=1)
    cluster.add_node(num_cpus=1)
    said, _ = sweep.communicate(timeout=600)
    assert sweep.returncode == 0, said
    alone = start("--jobs", "2", out=tmp_path / "alone")
    said, _ = alone.communicate(timeout=600)
    assert alone.returncode == 0, said
    # Lost work was repeated, and a run that resumed on another node ended with the same scores.
    assert scores(tmp_path / "spread") == scores(tmp_path / "alone")
    assert int(float(done[-1]["timesteps"])) < 1600


def test_a_cluster_that_does_not_answer_is_named(tmp_path: Path) -> None:
    sweep = start("--ray", "127.0.0.1:1", out=tmp_path)
    said, _ = sweep.communicate(timeout=300)
    assert sweep.returncode == 2
    assert "No Ray cluster answers at 127.0.0.1:1" in said
    assert "Traceback" not in said
