"""No kernel reads or writes outside its arrays: the fuzz tests with numba's bounds checks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

FUZZ = Path(__file__).with_name("test_segmenter_fuzz.py")
SEQUENCES = 3000

# One step past the image's border in wrapping unsigned arithmetic, like the flow graph's offsets.
BEYOND = """
import numba, numpy as np
@numba.njit(cache=True)
def read(flat: np.ndarray, node: int, step: np.uint64) -> int:
    return flat[np.uint64(node) + step]
read(np.zeros(9, np.int32), 0, np.uint64(2**64 - 1))
"""


@pytest.fixture
def checking(tmp_path: Path) -> dict[str, str]:
    """Return an environment with bounds checks and an empty kernel cache; cached kernels have no checks."""
    return {**os.environ, "NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path / "kernels")}


def test_wrapped_indices_are_seen(checking: dict[str, str], tmp_path: Path) -> None:
    script = tmp_path / "beyond.py"
    script.write_text(BEYOND)
    done = subprocess.run([sys.executable, script], env=checking, capture_output=True, text=True, timeout=100)
    assert "IndexError: index is out of bounds" in done.stderr


def test_fuzz_stays_in_bounds(checking: dict[str, str]) -> None:
    command = [sys.executable, "-m", "pytest", "-m", "slow or not slow", "-p", "no:cacheprovider", str(FUZZ)]
    environment = {**checking, "CUTOUT_RL_FUZZ": str(SEQUENCES)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=1200)
    assert done.returncode == 0, done.stdout
