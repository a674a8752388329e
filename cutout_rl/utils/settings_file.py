"""Settings that a file states, checked against the annotations of a dataclass before it is created."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, TypeVar, get_type_hints

from cutout_rl.utils.choices import require_choice
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.field_types import choices_of, require_type, types_of
from cutout_rl.utils.ranges import Range, range_of
from cutout_rl.utils.shown import shown

T = TypeVar("T")
_LONGEST: Final = 1000  # characters of a string
# Of whole numbers without a range of their own; what depends on other settings is checked by the dataclass.
_ANY: Final = Range(-(10**12), 10**12)


def settings_from(kind: type[T], values: dict[str, Any], file: object, **own: Any) -> T:
    """Create a dataclass from JSON values; what the file lacks keeps its default.

    Args:
        kind: the dataclass, whose annotations (`Literal`, `Range`) say what is allowed.
        values: of the file.
        file: its path, or words for it, to name in errors.
        own: further values, which are not checked, such as paths; a file may not state paths.

    Raises:
        CutOutError: a setting is unknown, or a value has another type or is outside its range, or does not fit others.
    """
    hints = get_type_hints(kind, include_extras=True)
    names = {field.name for field in fields(kind) if Path not in types_of(hints[field.name])}  # type: ignore[arg-type]
    if not isinstance(values, dict):
        raise CutOutError(f"The settings in {file} are damaged; restore it or make it again.")
    for name in values:
        if name not in names:
            raise CutOutError(
                f"There is an unknown setting {shown(name)} in {file}, which is damaged or was written by another"
                " version; restore it or make it again."
            )
    with naming(file):
        for name, value in values.items():
            _require_setting(name, value, hints[name])
        return kind(**values, **own)


@contextmanager
def naming(file: object) -> Iterator[None]:
    """Add the name of a file to the sentence of a `CutOutError`."""
    try:
        yield
    except CutOutError as error:
        raise CutOutError(f"{str(error).removesuffix('.')} (in {file}).") from None


def _require_setting(name: str, value: Any, annotation: Any) -> None:
    require_type(name, value, annotation)
    if isinstance(value, str):
        if choices := choices_of(annotation):
            require_choice(name, value, choices)
        if len(value) > _LONGEST or not _may_name_a_file(value):
            raise CutOutError(f"{name} is {shown(value)}, but must be text of at most {_LONGEST} characters.")
    elif type(value) in (int, float):
        allowed = range_of(annotation) or _ANY
        if value not in allowed or (type(value) is int and value not in _ANY):
            raise CutOutError(f"{name} is {shown(value)}, but must be {allowed}.")


def _may_name_a_file(value: str) -> bool:
    try:
        return b"\0" not in os.fsencode(value)
    except UnicodeEncodeError:
        return False
