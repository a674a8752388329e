"""What a reader leaves out: counted by reason, and named."""

from dataclasses import dataclass

from cutout_rl.data.source import Split
from cutout_rl.utils.shown import first_names


@dataclass(frozen=True)
class LeftOut:
    """Something that is not read.

    Attributes:
        one: what it is, as in "1 box without a mask".
        many: the same for several.
        name: where it is, such as "annotation 7"; empty if that does not matter.
        split: the split that it is in, if that is why.
    """

    one: str
    many: str
    name: str = ""
    split: Split | None = None


class Tally:
    """Counts of what was left out."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self._names: dict[tuple[str, str], list[str]] = {}
        self._of_splits: dict[Split, int] = {}

    def add(self, left_out: LeftOut) -> None:
        """Count one."""
        if left_out.split is not None:
            self._of_splits[left_out.split] = self._of_splits.get(left_out.split, 0) + 1
        else:
            self._names.setdefault((left_out.one, left_out.many), []).append(left_out.name)

    def __str__(self) -> str:
        """Return what was left out, such as "1 crowd (annotation 7)"; what is in another split is not part of it."""
        return ", ".join(
            f"{len(names)} {one if len(names) == 1 else many}{_in_brackets(names)}"
            for (one, many), names in self._names.items()
        )

    def other_splits(self) -> str:
        """Return the counts of other splits, such as "3 in train, 1 in val"."""
        return ", ".join(f"{count} in {split}" for split, count in self._of_splits.items())


def in_split(split: Split) -> LeftOut:
    """Return the record of an object that is in another split."""
    return LeftOut("", "", split=split)


def _in_brackets(names: list[str]) -> str:
    named = first_names(dict.fromkeys(filter(None, names)))
    return f" ({named})" if named else ""
