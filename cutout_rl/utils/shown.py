"""Values of a file in error messages."""

from typing import Final

_MAX_SHOWN: Final = 60


def shown(value: object) -> str:
    """Return the repr of a value for an error message, truncated to 60 characters."""
    text = repr(value[: _MAX_SHOWN + 1] if isinstance(value, str) else value)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}..."
