"""Environments for packages whose licence keeps them out of this project: made for one use, then thrown away."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from venv import EnvBuilder

from cutout_rl.utils.errors import CutOutError


def install(folder: Path, packages: Sequence[str], otherwise: str) -> str:
    """Make an environment of Python that holds these packages alone; the caller removes the folder.

    Args:
        folder: to make.
        packages: as pip names them, the one that matters first.
        otherwise: what the user can do without it.

    Returns:
        The environment's Python.

    Raises:
        CutOutError: pip cannot fetch or install them.
    """
    builder = EnvBuilder()
    builder.create(folder)
    python: str = builder.ensure_directories(folder).env_exe
    for arguments in (["ensurepip"], ["pip", "install", "--quiet", "--disable-pip-version-check", *packages]):
        done = subprocess.run([python, "-I", "-m", *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            reason = [line.removeprefix("ERROR: ") for line in done.stderr.splitlines() if line.strip()][-1:]
            raise CutOutError(
                f"{packages[0]} cannot be installed into a throw-away environment"
                f" ({' '.join(reason) or 'pip says nothing'}); go online, or {otherwise}."
            )
    return python
