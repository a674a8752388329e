"""The search space: flags of `cutout_rl.train` and their possible values."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cutout_rl.utils.errors import CutOutError

Value = int | float | str
_RANGE = re.compile(r"(\S+)\.\.(\S+)")
_FORM = "give NAME LOW..HIGH, NAME LOW..HIGH log, or NAME A,B,C"


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, integers if both are integers; on a logarithmic scale if `log`."""

    low: int | float
    high: int | float
    log: bool = False

    @property
    def is_integer(self) -> bool:
        """Whether all numbers are integers."""
        return isinstance(self.low, int) and isinstance(self.high, int)


@dataclass(frozen=True)
class Choice:
    """A set of values, as written on a command line."""

    values: tuple[str, ...]


Space = dict[str, Range | Choice]


def parse_space(texts: Sequence[str]) -> Space:
    """Parse texts such as "learning-rate 1e-4..5e-3 log" or "n-steps 32,64,128".

    Raises:
        CutOutError: a text has another form, or a flag is named twice.
    """
    space: Space = {}
    for text in texts:
        name, _, values = text.strip().partition(" ")
        name = name.removeprefix("--").replace("_", "-")
        if name in space:
            raise CutOutError(f"--search names {name} twice; remove one.")
        space[name] = _parse_values(text, values.strip())
    if not space:
        raise CutOutError(f"--search names no flag; {_FORM}.")
    return space


def _parse_values(text: str, values: str) -> Range | Choice:
    ends, _, scale = values.partition(" ")
    form = _RANGE.fullmatch(ends)
    if form is None:
        choices = tuple(value.strip() for value in values.split(","))
        if not all(choices) or len(set(choices)) < 2:
            raise CutOutError(f"--search cannot read {text!r}; {_FORM}.")
        return Choice(choices)
    try:
        low, high = (_number(end) for end in form.groups())
    except ValueError:
        raise CutOutError(f"--search cannot read {text!r}; {_FORM}.") from None
    log = scale.strip() == "log"
    if (scale.strip() and not log) or not low < high or (log and low <= 0):
        raise CutOutError(
            f"--search cannot read {text!r}: LOW must be below HIGH, and above 0 on a log scale; {_FORM}."
        )
    return Range(low, high, log)


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)


def boundary_points(space: Space) -> Iterator[dict[str, Value]]:
    """Yield points that together contain both bounds of every range and every value of every choice."""
    values = {name: (of.low, of.high) if isinstance(of, Range) else of.values for name, of in space.items()}
    for i in range(max(map(len, values.values()))):
        yield {name: of[min(i, len(of) - 1)] for name, of in values.items()}


def rounded(point: Mapping[str, Value]) -> dict[str, Value]:
    """Round to three digits, for short commands and folder names."""
    return {name: float(f"{value:.3g}") if isinstance(value, float) else value for name, value in point.items()}


def as_flags(point: Mapping[str, Value]) -> list[str]:
    """Convert a point to flags."""
    return [word for name, value in point.items() for word in (f"--{name}", str(value))]
