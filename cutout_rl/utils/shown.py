"""Values and names in messages."""

from collections.abc import Iterable
from itertools import islice
from typing import Final

_MAX_SHOWN: Final = 60
_MOST_NAMED: Final = 3


def shown(value: object) -> str:
    """Return the repr of a value for an error message, truncated to 60 characters."""
    text = repr(value[: _MAX_SHOWN + 1] if isinstance(value, str) else value)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}..."


def first_names(names: Iterable[str]) -> str:
    """Return the first three names, and "..." if there are more."""
    first = list(islice(names, _MOST_NAMED + 1))
    return ", ".join(first[:_MOST_NAMED]) + ", ..." * (len(first) > _MOST_NAMED)
