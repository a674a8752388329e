"""The numbers that settings may take, declared beside them: `gamma: Annotated[float, Range(0, 1)]`."""

import math
from dataclasses import dataclass, fields
from typing import Annotated, Any, get_args, get_type_hints

from cutout_rl.utils.errors import CutOutError


@dataclass(frozen=True)
class Range:
    """The finite numbers from `least` to `most`, both included unless `above`, which excludes `least`."""

    least: float
    most: float = math.inf
    above: bool = False

    def __contains__(self, value: float) -> bool:
        """Return whether a number is in the range; NaN and infinity are in none."""
        is_finite = isinstance(value, int) or math.isfinite(value)
        return is_finite and self.least <= value <= self.most and not (self.above and value == self.least)

    def __str__(self) -> str:
        """Return the range in words, as in "must be between 0 and 1"."""
        if self.most == math.inf:
            return f"a finite number above {self.least:,}" if self.above else f"at least {self.least:,} and finite"
        if self.above:
            return f"above {self.least:,} and at most {self.most:,}"
        return f"between {self.least:,} and {self.most:,}"


Count = Annotated[int, Range(1, 10**9)]
Index = Annotated[int, Range(0, 10**9)]
Steps = Annotated[int, Range(1, 10**12)]
Share = Annotated[float, Range(0, 1)]
Weight = Annotated[float, Range(0, 1000)]
LearningRate = Annotated[float, Range(0, 1, above=True)]
Seed = Annotated[int, Range(0, 2**32 - 1)]


def range_of(annotation: Any) -> Range | None:
    """Return the range that a type, or a part of it as in `tuple[Count, ...]`, is annotated with, if any."""
    own = [one for one in getattr(annotation, "__metadata__", ()) if isinstance(one, Range)]
    return next(iter(own + [one for part in get_args(annotation) if (one := range_of(part)) is not None]), None)


def require_ranges(settings: Any) -> None:
    """Check the fields of a dataclass that are annotated with a `Range`, and the entries of tuples.

    None is always allowed.

    Raises:
        CutOutError: a value is outside its range.
    """
    hints = get_type_hints(type(settings), include_extras=True)
    for field in fields(settings):
        allowed, value = range_of(hints[field.name]), getattr(settings, field.name)
        for number in value if isinstance(value, tuple) else (value,):
            if allowed is not None and number is not None and number not in allowed:
                raise CutOutError(f"{field.name} is {number}, but must be {allowed}.")
