"""The folder of a training run, which explains itself."""

import csv
import json
import os
import platform
import shlex
import shutil
import sys
from collections.abc import Mapping
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from cutout_rl.utils.atomic_write import clear_partial, naming, write_json
from cutout_rl.utils.errors import CutOutError

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


_CURVES = ("metrics.csv", "validation.csv")
FINAL: Final = "_final"  # ends the names of final IoUs in validation.csv; what is before it says how it was played
HISTORY_BYTES: Final = 32_000_000  # that the weights of all validations may take together


class RunFolder:
    """Where a run keeps what it did.

    | file | content |
    |---|---|
    | `run.json` | command line, configuration (seed included), versions, machine, start |
    | `metrics.csv` | per update: steps, seconds, steps/s, IoU and return of the last 100 episodes |
    | `validation.csv` | per evaluation: steps, seconds, final and best IoU, greedy and sampled; or of masks |
    | `last.safetensors` | newest weights, optimizer, generators and running episodes, to resume from |
    | `best.safetensors` | the weights that did best on the validation split |
    | `history/` | the weights at each validation, or at every second, fourth, ... where they are many or large |
    | `tensorboard/` | the same curves and the losses |
    | `table.txt`, `table.json` | the closing table |
    | `curves.png` | the learning curve |
    | `episodes.png`, or `masks.png` | episodes played at the end, or masks of a run that draws no strokes |
    """

    def __init__(self, path: Path) -> None:
        """Name the folder; nothing is read or written yet."""
        self.path = path

    @property
    def last_checkpoint(self) -> Path:
        """The newest weights, to resume from."""
        return self.path / "last.safetensors"

    @property
    def best_checkpoint(self) -> Path:
        """The weights to play with: the best on the validation split, or the newest before the first evaluation."""
        best = self.path / "best.safetensors"
        return best if best.exists() else self.last_checkpoint

    def at(self, timesteps: int) -> "RunFolder":
        """The folder of this run as it was after so many steps: weights to play with, but not to resume from."""
        return RunFolder(self.path / "history" / f"{timesteps:012d}")

    def history(self) -> dict[int, "RunFolder"]:
        """Find what `at` names for all the steps whose weights are kept, in order."""
        return {int(folder.name): RunFolder(folder) for folder in sorted((self.path / "history").glob("[0-9]*"))}

    def thin_history(self, interval: int) -> None:
        """Keep the weights of every n-th interval alone, n the least power of 2 for which they take 32 MB at most.

        What is kept depends on the newest weights only, so that a resumed run keeps the same.

        Args:
            interval: steps between two validations.
        """
        history = self.history()
        newest = max(history)
        size = history[newest].last_checkpoint.stat().st_size
        n = 1
        while n <= newest // interval and (newest // interval // n + 1) * size > HISTORY_BYTES:
            n *= 2
        for timesteps, folder in history.items():
            if timesteps // interval % n:
                shutil.rmtree(folder.path)

    def create(self, config: Mapping[str, Any]) -> None:
        """Make the folder and write `run.json`.

        Raises:
            CutOutError: the folder already holds a run.
        """
        # A run.json alone is left by a run that never began, as its images could not be opened.
        files = {file.name for file in self.path.glob("*")}
        if "run.json" in files and len(files) > 1:
            raise CutOutError(
                f"{self.path} already holds a run; go on with it by --resume {self.path},"
                " or name another folder by --out."
            )
        record = {
            "command": shlex.join([Path(sys.executable).name, *sys.orig_argv[1:]]),
            "started": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "config": dict(config),
            "versions": {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}},
            "machine": platform.platform(),
            "cores": os.cpu_count(),
        }
        write_json(self.path / "run.json", record)

    def record(self) -> dict[str, Any]:
        """Read `run.json`; its "config" is a dictionary.

        Raises:
            CutOutError: the folder holds no run, or `run.json` is damaged.
        """
        file = self.path / "run.json"
        try:
            record = json.loads(file.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            raise CutOutError(f"{self.path} holds no run (no run.json); name the folder of a training run.") from None
        except ValueError:
            raise CutOutError(f"{file} is damaged; restore it or train again.") from None
        if not isinstance(record, dict) or not isinstance(record.get("config"), dict):
            raise CutOutError(f"{file} is damaged; restore it or train again.")
        return record

    def config(self) -> dict[str, Any]:
        """Read the configuration, as `record` does."""
        config: dict[str, Any] = self.record()["config"]
        return config

    def append(self, name: str, row: Mapping[str, float]) -> None:
        """Add a row to a CSV file, with a header if the file is new.

        Raises:
            OSError: the file cannot be written; it is named in the error.
        """
        file = self.path / name
        with naming(file), file.open("a", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, list(row))
            if stream.tell() == 0:
                writer.writeheader()
            writer.writerow({key: f"{value:.6g}" for key, value in row.items()})

    def csv_sizes(self) -> dict[str, int]:
        """Tell the size of each CSV file, in bytes, for `rewind`."""
        files = [self.path / name for name in _CURVES]
        return {file.name: file.stat().st_size if file.exists() else 0 for file in files}

    def rewind(self, csv_sizes: Mapping[str, int], timesteps: int) -> None:
        """Take away what was written after a checkpoint: rows, weights of the history, and what a killed process left.

        Args:
            csv_sizes: what `csv_sizes` told when the checkpoint was made; a file that is left out is emptied.
            timesteps: when the checkpoint was made.
        """
        for later, folder in self.history().items():
            if later > timesteps:
                shutil.rmtree(folder.path)
        for name in _CURVES:
            file, size = self.path / name, csv_sizes.get(name, 0)
            if file.exists() and file.stat().st_size > size:
                os.truncate(file, size)
        clear_partial(self.path)

    def read(self, name: str) -> dict[str, list[float]]:
        """Read a CSV file by columns; empty where there is none."""
        file = self.path / name
        if not file.exists():
            return {}
        with file.open(newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
        return {key: [float(row[key]) for row in rows] for key in (rows[0] if rows else {})}
