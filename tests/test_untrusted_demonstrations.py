"""Demonstrations made to harm are refused in a sentence."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import refusal_of
from untrusted import DEEP, Change, change, make_pipe, make_sparse

from cutout_rl.evaluation import demonstrations
from cutout_rl.evaluation.demonstrations import Demonstrations
from cutout_rl.game.config import GameConfig

GAME = GameConfig(image_size=32, observation_size=32, step_len=6, step_count=5)


@pytest.fixture(scope="module")
def episodes() -> Demonstrations:
    n, steps = 2, GAME.step_count
    return Demonstrations(
        *("a player", GAME, ("a", "b"), np.arange(n), np.zeros(n, np.int64), np.full((n, 2, 2), 5, np.int64)),
        *(np.zeros((n, steps), np.int64), np.full((n, steps + 1), 0.5)),
    )


def arrays(**values: Any) -> Callable[[Path, Demonstrations], object]:
    """Return a function that writes other arrays into the file of demonstrations."""

    def write(folder: Path, episodes: Demonstrations) -> None:
        names = ("index", "seed", "start", "actions", "iou")
        np.savez(folder / "demonstrations.npz", **{name: getattr(episodes, name) for name in names} | values)

    return write


def record(text: str) -> Callable[[Path, Demonstrations], object]:
    return lambda folder, episodes: (folder / "demonstrations.json").write_text(text)


def states(how: Change) -> Callable[[Path, Demonstrations], object]:
    return lambda folder, episodes: change(folder / "demonstrations.json", how)


def huge_array(folder: Path, episodes: Demonstrations) -> None:
    """Declare 8 TB in the header of an array of no bytes."""
    import zipfile

    header = str({"descr": "<i8", "fortran_order": False, "shape": (10**12,)}).ljust(117) + "\n"
    with zipfile.ZipFile(folder / "demonstrations.npz", "w") as archive:
        for name in ("index", "seed", "start", "actions", "iou"):
            archive.writestr(f"{name}.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode())


def pipe_of_arrays(folder: Path, episodes: Demonstrations) -> None:
    (folder / "demonstrations.npz").unlink()
    make_pipe(folder / "demonstrations.npz")


EPISODES: dict[str, Callable[[Path, Demonstrations], object]] = {
    "deep": record(DEEP),
    "list": record("[]"),
    "settings": states(lambda record: record["settings"].update(step_count=1e12)),
    "settings are text": states(lambda record: record.update(settings="a")),
    "choice": states(lambda record: record["settings"].update(split="evil")),
    "version": states(lambda record: record.update(version=[[[]]])),
    "names": states(lambda record: record.update(names=[1, 2])),
    "names are a number": states(lambda record: record.update(names=1)),
    "player": states(lambda record: record.update(player=None)),
    "action": arrays(actions=np.full((2, 5), 17)),
    "action below 0": arrays(actions=np.full((2, 5), -1)),
    "dtype": arrays(actions=np.zeros((2, 5), bool)),
    "objects": arrays(actions=np.full((2, 5), None)),
    "start": arrays(start=np.full((2, 2, 2), 32)),
    "index": arrays(index=np.full(2, -1)),
    "iou": arrays(iou=np.full((2, 6), math.nan)),
    "iou above 1": arrays(iou=np.full((2, 6), 2.0)),
    "huge": huge_array,
    "pipe": pipe_of_arrays,
    "sparse": lambda folder, episodes: make_sparse(folder / "demonstrations.npz"),
}


@pytest.mark.parametrize("damage", EPISODES.values(), ids=EPISODES.keys())
def test_hostile_demonstrations_are_refused_in_a_sentence(
    episodes: Demonstrations, tmp_path: Path, damage: Callable[[Path, Demonstrations], object]
) -> None:
    demonstrations.save(episodes, tmp_path)
    assert demonstrations.load(tmp_path).names == ("a", "b")
    damage(tmp_path, episodes)
    said = refusal_of(lambda: demonstrations.load(tmp_path))
    assert str(tmp_path) in said
    assert len(said) < 500
