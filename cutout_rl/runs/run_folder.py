"""The folder of a training run."""

import csv
import os
import shlex
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from io import StringIO
from itertools import count
from math import isinf
from pathlib import Path
from typing import Any, Final

from cutout_rl.runs.run_record import new_record, read_record, resumed_record
from cutout_rl.utils.atomic_write import clear_partial, name_file_in_errors, write_bytes, write_json
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.file_lock import LockHeldError, file_lock
from cutout_rl.utils.untrusted_file import read_file

_CURVES = ("metrics.csv", "validation.csv")
FINAL: Final = "_final"  # suffix of final IoUs' columns in validation.csv, after the mode of play
HISTORY_BYTES: Final = 32_000_000  # limit of the weights of all validations together
RECORD: Final = "run.json"
_CSV_BYTES: Final = 64 * 2**20
_LOCK: Final = ".training.lock"
_LOG: Final = "training.log"


def best_finals(validations: Mapping[str, Sequence[float]]) -> list[float]:
    """Return the final IoU of each validation, in the better mode of play.

    Args:
        validations: columns of `validation.csv`.
    """
    finals = [column for name, column in validations.items() if name.endswith(FINAL)]
    return [max(row) for row in zip(*finals, strict=True)]


class RunFolder:
    """The files of one training run.

    | file | content |
    |---|---|
    | `run.json` | command line, configuration (seed included), versions, machine, start, resumptions |
    | `metrics.csv` | per update: steps, seconds, steps/s, IoU and return of the last 100 episodes |
    | `validation.csv` | per evaluation: steps, seconds, final and best IoU, greedy and sampled, or IoU of masks |
    | `last.safetensors` | newest weights, optimizer, generators and running episodes, to resume from |
    | `best.safetensors` | the weights with the highest IoU on the validation split |
    | `history/` | the weights at each validation, or at every second, fourth, ... if they are many or large |
    | `tensorboard/` | the same curves and the losses |
    | `table.txt`, `table.json` | the final table |
    | `curves.png` | the learning curve |
    | `episodes.png`, or `masks.png` | episodes of the trained agent, or masks of an algorithm that draws no strokes |
    | `training.log` | output of the training, if a study started it |
    | `.training.lock` | exists while a process trains |
    """

    def __init__(self, path: Path) -> None:
        """Set the path; nothing is read or written."""
        self.path = path

    @property
    def is_created(self) -> bool:
        """Whether the folder has a `run.json`."""
        return (self.path / RECORD).exists()

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
        """Return the folders of all weights that are kept, in order of their steps; other names are ignored."""
        folders = self.path / "history"
        names = [folder.name for folder in folders.glob("[0-9]*") if folder.name.isascii() and folder.name.isdigit()]
        return {steps: self.at(steps) for steps in sorted(map(int, names)) if self.at(steps).path.is_dir()}

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

    @classmethod
    def create_numbered(cls, path: Path) -> "RunFolder":
        """Create an empty folder; if the name is taken, the first of NAME-2, NAME-3, ... that is not."""
        for number in count(1):
            folder = path if number == 1 else path.with_name(f"{path.name}-{number}")
            with suppress(FileExistsError):
                folder.mkdir(parents=True)
                break
        return cls(folder)

    @contextmanager
    def training(self) -> Iterator[None]:
        """Lock the folder, which is created if necessary, so that no other process trains in it.

        At the end an empty folder is removed.

        Raises:
            CutOutError: another process trains in it, or it contains other files and no run.
        """
        if (names := self._names()) and RECORD not in names:
            raise CutOutError(
                f"{self.path} is not empty and contains no run; choose a new or an empty folder with --out."
            )
        self.path.mkdir(parents=True, exist_ok=True)
        try:
            with file_lock(self.path / _LOCK):
                yield
        except LockHeldError:
            raise CutOutError(
                f"Another process is training in {self.path}; wait for its end, or choose another folder with --out."
            ) from None
        finally:
            with suppress(OSError):
                self.path.rmdir()

    def create(self, config: Mapping[str, Any]) -> None:
        """Create the folder and write `run.json`.

        Raises:
            CutOutError: the folder already contains a run.
        """
        # A run that was interrupted before its first checkpoint leaves a run.json alone.
        if names := self._names():
            self.record()
        if names - {RECORD}:
            raise CutOutError(
                f"{self.path} already contains a run; resume it with --resume {shlex.quote(str(self.path))},"
                " or choose another folder with --out."
            )
        write_json(self.path / RECORD, new_record(config))

    @contextmanager
    def starting(self, config: Mapping[str, Any]) -> Iterator[None]:
        """Write `run.json` as `create` does; an error before anything else was written deletes it again."""
        self.create(config)
        try:
            yield
        except Exception:
            if self._names() == {RECORD}:
                (self.path / RECORD).unlink()
            raise

    @contextmanager
    def resuming(self, config: Mapping[str, Any]) -> Iterator[None]:
        """Record in `run.json` that the run is resumed with this configuration; an invalid input restores the file.

        Raises:
            CutOutError: the folder contains no run, or `run.json` is damaged.
        """
        file = self.path / RECORD
        record, before = self.record(), file.read_bytes()
        write_json(file, resumed_record(record, config))
        try:
            yield
        except CutOutError:
            write_bytes(file, before)
            raise

    def _names(self) -> set[str]:
        files = self.path.iterdir() if self.path.is_dir() else ()
        return {file.name for file in files} - {_LOCK, _LOG}

    def record(self) -> dict[str, Any]:
        """Read `run.json`; its "config" is a dictionary.

        Raises:
            CutOutError: the folder contains no run, or `run.json` is damaged.
        """
        return read_record(self.path / RECORD)

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
        clear_partial(self.path, 0)  # the lock of the folder admits no other process

    def read(self, name: str) -> dict[str, list[float]]:
        """Return the columns of a CSV file; empty if there is none.

        Raises:
            CutOutError: the file is damaged.
        """
        file = self.path / name
        if not file.exists():
            return {}
        remedy = "restore it or remove it"
        data = read_file(file, str(file), _CSV_BYTES, remedy)
        try:
            rows = list(csv.DictReader(StringIO(data.decode("utf-8"), newline="")))
            columns = {key: [float(row[key]) for row in rows] for key in (rows[0] if rows else {})}
            # Other packages may lift the limit on the length of a field, and a long number is infinite.
            if any(isinf(value) for column in columns.values() for value in column):
                raise ValueError
            return columns
        except (ValueError, TypeError, KeyError, csv.Error):
            raise CutOutError(f"{file} is damaged; {remedy}.") from None
