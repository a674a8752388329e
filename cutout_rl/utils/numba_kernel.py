"""The compiler options of the innermost loops."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

_Function = TypeVar("_Function", bound=Callable[..., Any])


def kernel(function: _Function) -> _Function:
    """Compile a function that neither creates nor returns arrays, without reference counting.

    Counting references in every helper would take up to a third of the time; the caller keeps the arrays alive. A
    division by zero gives infinity or NaN, which saves a test at every division.
    """
    options: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy", "_nrt": False}
    return cast(_Function, numba.njit(**options)(function))
