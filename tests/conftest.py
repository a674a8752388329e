"""Shared fixtures and settings of the tests."""

import os
import runpy
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from command_line import TINY_RUN, MadeOnce, Outcome, Run, run_module

from cutout_rl.experiments.page_latency.browser import Mouse, connect_mouse, missing, open_browser
from cutout_rl.utils.file_lock import LockHeldError, file_lock

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
def made_once(tmp_path_factory: pytest.TempPathFactory) -> MadeOnce:
    """Return a function that makes a folder, by its name, once for all workers of a session."""
    base = tmp_path_factory.getbasetemp()
    root = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def made_once(name: str, make: Callable[[Path], object]) -> Path:
        folder, whole = root / name, root / f"{name}.whole"
        while not whole.exists():
            try:
                with file_lock(root / f"{name}.lock"):
                    if not whole.exists():
                        shutil.rmtree(folder, ignore_errors=True)  # of a worker that failed
                        make(folder)
                        whole.touch()
            except LockHeldError:
                time.sleep(0.2)
        return folder

    return made_once


@pytest.fixture(scope="session")
def ppo_run(made_once: MadeOnce) -> Path:
    """Train PPO for 64 steps; tests may read the run's folder but must copy it before changing it."""

    def train(folder: Path) -> None:
        flags = (*TINY_RUN, "--batch-size", 16, "--total-timesteps", 64, "--test-images", 2)
        done = run_module("train", *flags, "--out", folder)
        assert done.status == 0, done

    return made_once("ppo", train)


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


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Start Chromium, or skip the test where it is not installed."""
    if (lack := missing()) is not None:
        pytest.skip(lack)
    with open_browser() as driver:
        yield driver


@pytest.fixture(scope="module")
def mouse(browser: Any) -> Iterator[Mouse]:
    """Hold the mouse of the browser."""
    with connect_mouse(browser) as held:
        yield held
