"""The decorator of kernels that are called for every sample."""

from collections.abc import Callable
from typing import Any, TypeVar

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def sample_kernel(function: Kernel) -> Kernel:
    """Compile a kernel that neither creates nor returns arrays, and so needs no count of the references to them.

    Counting takes an atomic operation for every array that one kernel passes to another: a third of the shading.
    """
    options: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy", "_nrt": False}
    compiled: Kernel = numba.njit(**options)(function)
    return compiled
