"""`python -m cutout_rl.doctor`: whether this installation can do its work, and what to do about each fault."""

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
import tyro
from numba.core.dispatcher import Dispatcher
from packaging.requirements import Requirement
from rich.console import Console

from cutout_rl.game.config import GameConfig
from cutout_rl.game.factory import GameFactory
from cutout_rl.game.game import Game
from cutout_rl.game.observation import HEAD
from cutout_rl.game.reward import count_overlap
from cutout_rl.runs.pretrained import PRETRAINED_GROUP
from cutout_rl.utils.command import run_command

SELF_TEST_SECONDS: Final = 5.0
_ENTRY_POINT_GROUPS: Final = ("cutout_rl.agents", "cutout_rl.baselines", "cutout_rl.segmenters", PRETRAINED_GROUP)
_SLOWER: Final = {"NUMBA_DISABLE_JIT": "a hundred times", "NUMBA_BOUNDSCHECK": "several times"}


@dataclass(frozen=True)
class Finding:
    """What one look at the installation showed.

    Attributes:
        text: what was found.
        mend: what to do about it; None where nothing is wrong.
    """

    text: str
    mend: str | None = None


@dataclass(frozen=True)
class DoctorArguments:
    """Look at this installation: versions, compiled kernels, cores, device, and a self-test of five seconds."""


def main() -> None:
    """Print a line for every look, with its mend where there is a fault; the status is 1 if there is any."""
    tyro.cli(DoctorArguments, prog="python -m cutout_rl.doctor")
    console = Console(soft_wrap=True, highlight=False)
    faults = 0
    for look in LOOKS:
        for finding in look():
            console.print("[green]ok   [/]" if finding.mend is None else "[red]fault[/]", end=" ")
            console.print(finding.text, markup=False)
            if finding.mend is not None:
                faults += 1
                console.print(f"      {finding.mend}", markup=False)
    console.print(f"{faults} faults" if faults != 1 else "1 fault")
    if faults:
        sys.exit(1)


def look_at_versions() -> Iterator[Finding]:
    """Check Python, and every package that ours requires."""
    yield Finding(f"Python {platform.python_version()}, {platform.platform()}")
    try:
        required = [Requirement(line) for line in requires("cutout-rl") or ()]
    except PackageNotFoundError:
        yield Finding("cutout-rl is not installed", "Install it: pip install -e . in its folder.")
        return
    names = [requirement for requirement in required if requirement.marker is None or requirement.marker.evaluate()]
    fitting = [f"cutout-rl {version('cutout-rl')}"]
    for requirement in names:
        mend = f"Install it: pip install '{requirement}'."
        try:
            found = version(requirement.name)
        except PackageNotFoundError:
            yield Finding(f"{requirement.name} is not installed", mend)
            continue
        if requirement.specifier.contains(found, prereleases=True):
            fitting.append(f"{requirement.name} {found}")
        else:
            yield Finding(f"{requirement.name} is {found}, but {requirement.specifier} is needed", mend)
    yield Finding(", ".join(fitting))


def look_at_entry_points() -> Iterator[Finding]:
    """Load whatever installed packages offer by name."""
    for group in _ENTRY_POINT_GROUPS:
        loaded = []
        for entry in entry_points(group=group):
            try:
                entry.load()
            except Exception as error:  # whatever a third party's import may raise
                owner = entry.dist.name if entry.dist else "its package"
                yield Finding(
                    f"{group}: {entry.name} cannot be loaded ({type(error).__name__}: {error})",
                    f"Install {owner} again, or uninstall it.",
                )
            else:
                loaded.append(entry.name)
        if loaded:
            yield Finding(f"{group}: {', '.join(sorted(loaded))}")
        else:
            yield Finding(f"{group}: nothing is found", "Install again, so that it is registered: pip install -e .")


def look_at_kernels() -> Iterator[Finding]:
    """Check that numba compiles, and where it keeps what it compiled."""
    for name, slower in _SLOWER.items():
        if os.environ.get(name, "0") not in ("", "0"):
            yield Finding(f"{name} is set", f"Unset it, unless you debug: everything is {slower} slower.")
    started = time.perf_counter()
    nothing = np.zeros((1, 1), np.bool_)
    count_overlap(nothing, nothing, nothing)
    took = time.perf_counter() - started
    if not isinstance(count_overlap, Dispatcher):  # compiling is switched off, as told above
        return
    folder = Path(str(count_overlap.stats.cache_path))
    text = f"compiled kernels are kept in {folder} (the first was ready after {took:.1f} s)"
    writable = os.access(folder, os.W_OK)
    yield Finding(text, None if writable else "Make the folder writable, or name another by NUMBA_CACHE_DIR.")


def look_at_cores() -> Iterator[Finding]:
    """Count the cores."""
    cores = os.cpu_count() or 1
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else cores
    limits = ", ".join(f"{name}={os.environ[name]}" for name in ("OMP_NUM_THREADS",) if name in os.environ)
    yield Finding(f"{usable} of {cores} cores may be used" + (f"; {limits}" if limits else ""))


def look_at_device() -> Iterator[Finding]:
    """Look for a GPU; none is needed."""
    try:
        torch = importlib.import_module("torch")
    except ImportError as error:
        yield Finding(f"torch cannot be imported ({error})", "Install it again: pip install --force-reinstall torch.")
        return
    if torch.cuda.is_available():
        yield Finding(f"device cuda: {torch.cuda.get_device_name()}; training takes it with --device cuda")
    else:
        yield Finding("device cpu; torch finds no GPU, and none is needed")


def play_a_while() -> Iterator[Finding]:
    """Play at random for five seconds, and check that the cut and the generator do what they promise."""
    factory = GameFactory(GameConfig(data="faces", reward="delta"))
    rng = np.random.default_rng(0)
    first = factory.new_game(rng)
    for action in range(first.rules.n_actions):  # compiles, or loads what is compiled
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
        f"self-test: {games} games of 128 px, {rate:,.0f} moves a second on one core, faces rendered included"
    )


def _faults_of(game: Game, twin: Game, factory: GameFactory) -> Iterator[str]:
    if game.iou != twin.iou or not np.array_equal(game.labels, twin.labels):
        yield "two games of one seed differ"
    cold = factory.game_config.make_segmenter().segment(game.sample.image, game.labels == 1, game.labels == 2)
    if not np.array_equal(cold, game.mask):
        yield "the cut that was kept up to date differs from one made from nothing"
    if (factory.observer.observe(game)[..., 3:5] == HEAD).sum() == 0:
        yield "the observation shows no pen"


LOOKS: Final[tuple[Callable[[], Iterator[Finding]], ...]] = (
    look_at_versions,
    look_at_entry_points,
    look_at_kernels,
    look_at_cores,
    look_at_device,
    play_a_while,
)

if __name__ == "__main__":
    run_command(main)
