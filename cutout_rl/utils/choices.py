"""Refusing an unknown name with a hint."""

from collections.abc import Iterable
from difflib import get_close_matches

from cutout_rl.utils.errors import CutOutError


def require_choice(kind: str, name: str, choices: Iterable[str]) -> None:
    """Check that a name is one of the choices.

    Raises:
        CutOutError: it is not; the sentence names the nearest choice and all of them.
    """
    choices = sorted(choices)
    if name not in choices:
        near = get_close_matches(name, choices, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise CutOutError(f"There is no {kind} {name!r}; {hint}choose from: {', '.join(choices)}.")
