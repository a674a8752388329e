"""The content of `run.json`: how a run was started and resumed, on what machine, with which versions."""

import os
import platform
import shlex
import sys
from collections.abc import Mapping
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.shown import shown
from cutout_rl.utils.untrusted_file import parse_record, read_file

_PACKAGES = (
    "cutout-rl",
    "gymnasium",
    "stable-baselines3",
    "torch",
    "numpy",
    "numba",
    "scikit-image",
    "opencv-python-headless",
)
_MAX_BYTES: Final = 16 * 2**20
_REMEDY: Final = "restore it or train again"


def new_record(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the record of a run that this process starts."""
    return {
        **_invocation(),
        "config": dict(config),
        "versions": {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}},
        "machine": platform.platform(),
        "cores": os.cpu_count(),
    }


def resumed_record(record: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the record of a run that this process resumes with another configuration.

    The first command stays; "resumptions" lists the later ones, with what each changed in the configuration.
    """
    changed = {name: value for name, value in config.items() if record["config"].get(name) != value}
    resumptions = [*record.get("resumptions", ()), {**_invocation(), "changed": changed}]
    return {**record, "config": record["config"] | changed, "resumptions": resumptions}


def read_record(file: Path) -> dict[str, Any]:
    """Read a `run.json`; its "config" is a dictionary.

    Raises:
        CutOutError: the file is missing or damaged.
    """
    if not file.exists():
        raise CutOutError(f"{file.parent} contains no run (no run.json); name a training run's folder.")
    data = read_file(file, str(file), _MAX_BYTES, _REMEDY)
    try:
        record = parse_record(data)
    except ValueError as error:
        raise CutOutError(f"{file} is damaged ({shown(str(error))}); {_REMEDY}.") from None
    resumptions = record.get("resumptions", [])
    if not isinstance(record.get("config"), dict) or not isinstance(resumptions, list):
        raise CutOutError(f"{file} is damaged (its config or resumptions); {_REMEDY}.")
    return record


def _invocation() -> dict[str, str]:
    return {
        "command": shlex.join([Path(sys.executable).name, *sys.orig_argv[1:]]),
        "started": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }
