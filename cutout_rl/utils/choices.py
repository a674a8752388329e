"""Validation of names, with suggestions."""

from collections.abc import Iterable
from difflib import get_close_matches

from cutout_rl.utils.errors import CutOutError


def require_choice(kind: str, name: str, choices: Iterable[str]) -> None:
    """Check that a name is one of the choices.

    Raises:
        CutOutError: it is not; the message suggests the closest choice and lists all.
    """
    choices = sorted(choices)
    if name not in choices:
        near = get_close_matches(name, choices, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise CutOutError(f"There is no {kind} {name!r}; {hint}choose from: {', '.join(choices)}.")
