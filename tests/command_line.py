"""Running the commands as a user does, with small budgets."""

import csv
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image
from scenes import blob_sample

from cutout_rl.data.splits import split_of
from cutout_rl.utils.errors import CutOutError

TINY_GAME = ("--image-size", "32", "--observation-size", "32", "--step-len", "6", "--step-count", "5")
TINY_PRIOR = ("--prior-episodes", "4", "--prior-images", "4", "--prior-steps", "1")
TINY_RUN = (*TINY_GAME, *TINY_PRIOR, "--n-envs", "2", "--n-steps", "8", "--eval-images", "2", "--test-images", "0")


class Outcome(NamedTuple):
    """Exit status and output of a command."""

    status: object
    out: str
    err: str


Run = Callable[..., Outcome]
MadeOnce = Callable[[str, Callable[[Path], object]], Path]


def run_module(module: str, *arguments: object) -> Outcome:
    """Run `python -m cutout_rl.MODULE` in a new process."""
    command = [sys.executable, "-m", f"cutout_rl.{module}", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    return Outcome(done.returncode, done.stdout, done.stderr)


def assert_one_sentence(outcome: Outcome, *said: str) -> None:
    """Check that a command failed with one line that contains all of these texts."""
    assert outcome.status == 2, outcome
    assert outcome.err.startswith("error: ")
    assert outcome.err.endswith(".\n")
    assert outcome.err.count("\n") == 1
    for part in said:
        assert part in outcome.err


def refusal_of(work: Callable[[], object]) -> str:
    """Check that a call raises a one-sentence `CutOutError`; return the sentence."""
    with pytest.raises(CutOutError) as caught:
        work()
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith(".")
    return message


def rows(path: Path) -> list[dict[str, str]]:
    """Read a CSV file."""
    with path.open() as stream:
        return list(csv.DictReader(stream))


def make_folder(root: Path) -> Path:
    """Write two pairs for every split."""
    wanted = {"train": 2, "val": 2, "test": 2}
    (root / "images").mkdir(parents=True)
    (root / "masks").mkdir()
    for seed in range(100):
        split = split_of(f"blob{seed}")
        if wanted[split]:
            wanted[split] -= 1
            sample = blob_sample(40, seed)
            Image.fromarray(sample.image).save(root / "images" / f"{sample.name}.png")
            Image.fromarray(sample.mask.astype(np.uint8) * 255).save(root / "masks" / f"{sample.name}.png")
    assert not any(wanted.values())
    return root
