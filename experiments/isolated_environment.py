"""Temporary Python environments for packages whose licence keeps them out of this project."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from venv import EnvBuilder

from cutout_rl.utils.errors import CutOutError


def install(folder: Path, packages: Sequence[str], alternative: str) -> str:
    """Create a Python environment with some packages; the caller removes the folder.

    Args:
        folder: to create.
        packages: names for pip, the main package first.
        alternative: what the user can do instead, for the error message.

    Returns:
        The environment's Python interpreter.

    Raises:
        CutOutError: pip cannot install the packages.
    """
    builder = EnvBuilder()
    builder.create(folder)
    python: str = builder.ensure_directories(folder).env_exe
    for arguments in (["ensurepip"], ["pip", "install", "--quiet", "--disable-pip-version-check", *packages]):
        done = subprocess.run([python, "-I", "-m", *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            reason = [line.removeprefix("ERROR: ") for line in done.stderr.splitlines() if line.strip()][-1:]
            raise CutOutError(
                f"{packages[0]} cannot be installed into a temporary environment"
                f" ({' '.join(reason) or 'no reason from pip'}); go online, or {alternative}."
            )
    return python
