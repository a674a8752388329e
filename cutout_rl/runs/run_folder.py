"""The folder of a training run."""

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

from cutout_rl.utils.atomic_write import clear_partial, name_file_in_errors, write_json
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
FINAL: Final = "_final"  # suffix of final IoUs' columns in validation.csv, after greedy, sampled or supervised
HISTORY_BYTES: Final = 32_000_000  # limit of the weights of all validations together


class RunFolder:
    """The files of one training run.

    | file | content |
    |---|---|
    | `run.json` | command line, configuration (seed included), versions, machine, start |
    | `metrics.csv` | per update: steps, seconds, steps/s, IoU and return of the last 100 episodes |
    | `validation.csv` | per evaluation: steps, seconds, final and best IoU, greedy and sampled, or IoU of masks |
    | `last.safetensors` | newest weights, optimizer, generators and running episodes, to resume from |
    | `best.safetensors` | the weights with the highest IoU on the validation split |
    | `history/` | the weights at each validation, or at every second, fourth, ... if they are many or large |
    | `tensorboard/` | the same curves and the losses |
    | `table.txt`, `table.json` | the final table |
    | `curves.png` | the learning curve |
    | `episodes.png`, or `masks.png` | episodes of the trained agent, or masks of an algorithm that draws no strokes |
    """

    def __init__(self, path: Path) -> None:
        """Set the path; nothing is read or written."""
        self.path = path

    @property
    def last_checkpoint(self) -> Path:
        """The newest weights, to resume from."""
        return self.path / "last.safetensors"

    @property
    def best_checkpoint(self) -> Path:
        """The weights with the highest IoU on the validation split, or the newest before the first evaluation."""
        best = self.path / "best.safetensors"
        return best if best.exists() else self.last_checkpoint

    def at(self, timesteps: int) -> "RunFolder":
        """Return the folder of the weights after so many steps, to play with but not to resume from."""
        return RunFolder(self.path / "history" / f"{timesteps:012d}")

    def history(self) -> dict[int, "RunFolder"]:
        """Return the folders of all weights that are kept, in order of their steps."""
        return {int(folder.name): RunFolder(folder) for folder in sorted((self.path / "history").glob("[0-9]*"))}

    def thin_history(self, interval: int) -> None:
        """Delete all weights but those of every n-th interval; n is the least power of 2 that needs at most 32 MB.

        The choice depends on the newest weights only, so that a resumed run keeps the same ones.

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
        """Create the folder and write `run.json`.

        Raises:
            CutOutError: the folder already contains a run.
        """
        # A run whose images could not be opened leaves a run.json alone.
        files = {file.name for file in self.path.glob("*")}
        if "run.json" in files and len(files) > 1:
            raise CutOutError(
                f"{self.path} already contains a run; resume it with --resume {self.path},"
                " or choose another folder with --out."
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
            CutOutError: the folder contains no run, or `run.json` is damaged.
        """
        file = self.path / "run.json"
        try:
            record = json.loads(file.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            raise CutOutError(f"{self.path} contains no run (no run.json); name a training run's folder.") from None
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
        """Append a row to a CSV file, with a header if the file is new.

        Raises:
            OSError: the file cannot be written; the error names it.
        """
        file = self.path / name
        with name_file_in_errors(file), file.open("a", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, list(row))
            if stream.tell() == 0:
                writer.writeheader()
            writer.writerow({key: f"{value:.6g}" for key, value in row.items()})

    def csv_sizes(self) -> dict[str, int]:
        """Return the size of each CSV file in bytes, for `rewind`."""
        files = [self.path / name for name in _CURVES]
        return {file.name: file.stat().st_size if file.exists() else 0 for file in files}

    def rewind(self, csv_sizes: Mapping[str, int], timesteps: int) -> None:
        """Remove what was written after a checkpoint: rows, weights of the history, and files of a killed process.

        Args:
            csv_sizes: result of `csv_sizes` at the checkpoint; a file that is missing in it is emptied.
            timesteps: of the checkpoint.
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
        """Return the columns of a CSV file; empty if there is none."""
        file = self.path / name
        if not file.exists():
            return {}
        with file.open(newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
        return {key: [float(row[key]) for row in rows] for key in (rows[0] if rows else {})}
