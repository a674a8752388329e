"""What several test files share: hypothesis without deadlines, quiet drawing, and one trained run per algorithm."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest

# Compiling with numba makes the first example slow.
hypothesis.settings.register_profile("cutout", deadline=None)
hypothesis.settings.load_profile("cutout")

os.environ["MPLBACKEND"] = "Agg"  # before matplotlib is imported
os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported; tiny networks run slower on more

Command = Callable[..., "subprocess.CompletedProcess[str]"]

TINY_GAME = ("--image-size", "32", "--observation-size", "32", "--step-len", "6", "--step-count", "5")
TINY_RUN = (*TINY_GAME, "--n-envs", "2", "--n-steps", "8", "--eval-images", "2", "--test-images", "2")


def run_module(module: str, *arguments: object) -> "subprocess.CompletedProcess[str]":
    """Run `python -m cutout_rl.MODULE` as a user does."""
    command = [sys.executable, "-m", f"cutout_rl.{module}", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="session")
def ppo_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train PPO for 64 steps; tests may read the run's folder, and copy it before they change it."""
    folder = tmp_path_factory.mktemp("runs") / "ppo"
    done = run_module("train", *TINY_RUN, "--batch-size", 16, "--total-timesteps", 64, "--out", folder)
    assert done.returncode == 0, done.stderr
    return folder
