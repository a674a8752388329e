"""Refusing arrays that no memory of this machine can hold, before they are allocated."""

import os
from typing import Final

from cutout_rl.utils.errors import CutOutError

GIGABYTE: Final = 10**9


def machine_memory() -> int | None:
    """Return the machine's memory in bytes, None where the operating system does not tell."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def require_memory(what: str, n_bytes: int, remedy: str) -> None:
    """Check that arrays fit into the machine's memory; do nothing where its size is unknown.

    Args:
        what: names the arrays.
        n_bytes: their size.
        remedy: how to make them smaller.

    Raises:
        CutOutError: they do not fit.
    """
    memory = machine_memory()
    if memory is not None and n_bytes > memory:
        raise CutOutError(
            f"{what} needs {-(-n_bytes // GIGABYTE):,} GB of memory, but this machine has {memory // GIGABYTE} GB;"
            f" {remedy}."
        )
