"""Shared fixtures and settings of the tests."""

import os
import runpy
import shutil
import sys
import tempfile
from pathlib import Path

import hypothesis
import pytest
from command_line import TINY_RUN, Outcome, Run, run_module

# Compilation by numba makes the first example slow. Continuous integration uses fixed examples, so that failures are
# reproducible; elsewhere they are random.
hypothesis.settings.register_profile("cutout", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("cutout")

# Trainings keep faces in a cache folder; the user's own is left alone.
_CACHE = tempfile.TemporaryDirectory(prefix="cutout-rl-cache-")
os.environ["CUTOUT_RL_CACHE"] = _CACHE.name
os.environ["MPLBACKEND"] = "Agg"  # before matplotlib is imported
os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported; tiny networks run slower on more


@pytest.fixture(scope="session")
def ppo_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train PPO for 64 steps; tests may read the run's folder but must copy it before changing it."""
    folder = tmp_path_factory.mktemp("runs") / "ppo"
    done = run_module("train", *TINY_RUN, "--batch-size", 16, "--total-timesteps", 64, "--out", folder)
    assert done.status == 0, done
    return folder


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run `python -m cutout_rl.MODULE` in this process, which saves the import time."""

    def run(module: str, *arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", [module, *map(str, arguments)])
        monkeypatch.delitem(sys.modules, f"cutout_rl.{module}", raising=False)
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            runpy.run_module(f"cutout_rl.{module}", run_name="__main__", alter_sys=True)
        return Outcome(ended.value.code, *capfd.readouterr())

    return run


@pytest.fixture
def own_run(ppo_run: Path, tmp_path: Path) -> Path:
    """Copy the trained run, for modification."""
    return Path(shutil.copytree(ppo_run, tmp_path / "run"))
