"""`python -m cutout_rl.doctor`: check the installation and suggest a fix for every fault."""

import importlib
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, entry_points, requires, version
from pathlib import Path
from typing import Final

import numpy as np
from numba.core.dispatcher import Dispatcher
from packaging.requirements import Requirement
from rich.console import Console

from cutout_rl.game.config import GameConfig
from cutout_rl.game.factory import GameFactory
from cutout_rl.game.game import Game
from cutout_rl.game.observation import HEAD
from cutout_rl.game.reward import count_overlap
from cutout_rl.players.baselines import BASELINE_GROUP
from cutout_rl.runs.pretrained import PRETRAINED_GROUP
from cutout_rl.runs.train_config import ALGORITHM_GROUP
from cutout_rl.segmenters import SEGMENTER_GROUP
from cutout_rl.utils.command import parse_arguments, run_command

SELF_TEST_SECONDS: Final = 5.0
_ENTRY_POINT_GROUPS: Final = (ALGORITHM_GROUP, BASELINE_GROUP, SEGMENTER_GROUP, PRETRAINED_GROUP)
_SLOWER: Final = {"NUMBA_DISABLE_JIT": "a hundred times", "NUMBA_BOUNDSCHECK": "several times"}


@dataclass(frozen=True)
class Finding:
    """The result of one check.

    Attributes:
        text: what was found.
        fix: what to do about it; None if nothing is wrong.
    """

    text: str
    fix: str | None = None


@dataclass(frozen=True)
class DoctorArguments:
    """Check this installation: versions, compiled kernels, cores, device, and a self-test of five seconds."""


def main() -> None:
    """Run all checks, print a line for each and a fix for each fault; exit with status 1 if there is a fault."""
    parse_arguments(DoctorArguments, "doctor")
    console = Console(soft_wrap=True, highlight=False)
    faults = 0
    for check in CHECKS:
        for finding in check():
            console.print("[green]ok   [/]" if finding.fix is None else "[red]fault[/]", end=" ")
            console.print(finding.text, markup=False)
            if finding.fix is not None:
                faults += 1
                console.print(f"      {finding.fix}", markup=False)
    console.print(f"{faults} faults" if faults != 1 else "1 fault")
    if faults:
        sys.exit(1)


def check_versions() -> Iterator[Finding]:
    """Check the versions of Python and of every required package."""
    yield Finding(f"Python {platform.python_version()}, {platform.platform()}")
    try:
        required = [Requirement(line) for line in requires("cutout-rl") or ()]
    except PackageNotFoundError:
        yield Finding("cutout-rl is not installed", "Install it: pip install -e . in its folder.")
        return
    names = [requirement for requirement in required if requirement.marker is None or requirement.marker.evaluate()]
    fitting = [f"cutout-rl {version('cutout-rl')}"]
    for requirement in names:
        fix = f"Install it: pip install '{requirement}'."
        try:
            found = version(requirement.name)
        except PackageNotFoundError:
            yield Finding(f"{requirement.name} is not installed", fix)
            continue
        if requirement.specifier.contains(found, prereleases=True):
            fitting.append(f"{requirement.name} {found}")
        else:
            yield Finding(f"{requirement.name} is {found}, but {requirement.specifier} is needed", fix)
    yield Finding(", ".join(fitting))


def check_entry_points() -> Iterator[Finding]:
    """Load everything that installed packages register."""
    for group in _ENTRY_POINT_GROUPS:
        loaded = []
        for entry in entry_points(group=group):
            try:
                entry.load()
            except Exception as error:  # a third party's import may raise anything
                owner = entry.dist.name if entry.dist else "its package"
                yield Finding(
                    f"{group}: {entry.name} cannot be loaded ({type(error).__name__}: {error})",
                    f"Reinstall {owner}, or uninstall it.",
                )
            else:
                loaded.append(entry.name)
        if loaded:
            yield Finding(f"{group}: {', '.join(sorted(loaded))}")
        else:
            yield Finding(f"{group}: nothing is registered", "Reinstall CutOut-RL: pip install -e .")


def check_kernels() -> Iterator[Finding]:
    """Check that numba compiles, and that its cache can be written."""
    for name, slower in _SLOWER.items():
        if os.environ.get(name, "0") not in ("", "0"):
            yield Finding(f"{name} is set", f"Unset it, except for debugging: everything runs {slower} slower.")
    started = time.perf_counter()
    nothing = np.zeros((1, 1), np.bool_)
    count_overlap(nothing, nothing, nothing)
    took = time.perf_counter() - started
    if not isinstance(count_overlap, Dispatcher):  # compiling is switched off, as reported above
        return
    folder = Path(str(count_overlap.stats.cache_path))
    text = f"compiled kernels are cached in {folder} (the first was ready after {took:.1f} s)"
    writable = os.access(folder, os.W_OK)
    yield Finding(text, None if writable else "Make the folder writable, or choose another with NUMBA_CACHE_DIR.")


def check_cores() -> Iterator[Finding]:
    """Count the usable cores."""
    cores = os.cpu_count() or 1
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else cores
    limits = ", ".join(f"{name}={os.environ[name]}" for name in ("OMP_NUM_THREADS",) if name in os.environ)
    yield Finding(f"{usable} of {cores} cores are usable" + (f"; {limits}" if limits else ""))


def check_device() -> Iterator[Finding]:
    """Report the GPU, if there is one; none is needed."""
    try:
        torch = importlib.import_module("torch")
    except ImportError as error:
        yield Finding(f"torch cannot be imported ({error})", "Reinstall it: pip install --force-reinstall torch.")
        return
    if torch.cuda.is_available():
        yield Finding(f"device cuda: {torch.cuda.get_device_name()}; training uses it with --device cuda")
    else:
        yield Finding("device cpu; torch finds no GPU, and none is needed")


def check_game() -> Iterator[Finding]:
    """Play random actions for five seconds; check that the cut is exact and that equal seeds give equal games."""
    factory = GameFactory(GameConfig(data="faces", reward="delta"))
    rng = np.random.default_rng(0)
    first = factory.new_game(rng)
    for action in range(first.rules.n_actions):  # compiles the kernels, or loads them from the cache
        first.step(action)
    moves = games = 0
    started = time.perf_counter()
    while time.perf_counter() - started < SELF_TEST_SECONDS:
        seed = int(rng.integers(2**31))
        game, twin = (factory.new_game(np.random.default_rng(seed)) for _ in range(2))
        actions = rng.integers(game.rules.n_actions, size=game.rules.step_count).tolist()
        for action in actions:
            game.step(action)
            twin.step(action)
        moves += 2 * len(actions)
        games += 2
        for fault in _faults_of(game, twin, factory):
            yield Finding(f"self-test, seed {seed}: {fault}", "This is a bug: please report it with these lines.")
            return
    rate = moves / (time.perf_counter() - started)
    yield Finding(
        f"self-test: {games} games of 128 px, {rate:,.0f} moves a second on one core, including the rendering of faces"
    )


def _faults_of(game: Game, twin: Game, factory: GameFactory) -> Iterator[str]:
    if game.iou != twin.iou or not np.array_equal(game.labels, twin.labels):
        yield "two games with the same seed differ"
    cold = factory.settings.segmenter.segment(game.sample.image, game.labels == 1, game.labels == 2)
    if not np.array_equal(cold, game.mask):
        yield "the warm-started cut differs from a cold one"
    if (factory.observer.observe(game)[..., 3:5] == HEAD).sum() == 0:
        yield "the observation shows no pen"


CHECKS: Final[tuple[Callable[[], Iterator[Finding]], ...]] = (
    check_versions,
    check_entry_points,
    check_kernels,
    check_cores,
    check_device,
    check_game,
)

if __name__ == "__main__":
    run_command(main)
