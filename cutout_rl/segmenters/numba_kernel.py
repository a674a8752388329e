"""The compiler options of the innermost loops."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

_Function = TypeVar("_Function", bound=Callable[..., Any])


def kernel(function: _Function) -> _Function:
    """Compile a function that allocates no memory, without reference counting.

    Counting references in every helper would take up to a third of the time; the caller keeps the arrays alive.
    """
    options: dict[str, Any] = {"cache": True, "nogil": True, "_nrt": False}
    return cast(_Function, numba.njit(**options)(function))
