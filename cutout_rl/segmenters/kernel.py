"""How the innermost loops are compiled."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

_Function = TypeVar("_Function", bound=Callable[..., Any])


def kernel(function: _Function) -> _Function:
    """Compile a function that allocates nothing.

    Its arrays belong to a caller who outlives it, and counting references to them in every helper would take up to a
    third of the time.
    """
    options: dict[str, Any] = {"cache": True, "nogil": True, "_nrt": False}
    return cast(_Function, numba.njit(**options)(function))
