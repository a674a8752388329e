"""`python -m cutout_rl.train`: train an agent, then evaluate it."""

import argparse
import dataclasses
import shlex
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import tyro

from cutout_rl.runs.algorithms import Algorithm, load_algorithm, load_config
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.runs.train_config import TrainConfig
from cutout_rl.utils.atomic_write import name_file_in_errors
from cutout_rl.utils.command import run_command
from cutout_rl.utils.errors import CutOutError


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the flags, train, and write table, curves and pictures into the run's folder."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    algorithm, config = parse(arguments)

    # Imported here because --help needs none of them, and they take a second.
    from rich.console import Console

    from cutout_rl.evaluation.evaluation import held_out_factory
    from cutout_rl.utils.progress import say
    from cutout_rl.visualization.run_report import report_run

    console = Console()
    run = _find_or_create(config)
    is_new = config.resume is None
    with run.training():
        try:
            # Opened before the training, so that a bad image pair is reported now.
            test = held_out_factory(config.game_config(), "test")
            values = config.as_json()
            with run.starting(values) if is_new else run.resuming(values), name_file_in_errors(run.path):
                say(console, f"{'run folder:' if is_new else 'resuming'} {run.path}")
                algorithm.train(config, run)
            report_run(algorithm, config, run, test, console)
        except KeyboardInterrupt:
            if run.is_created:
                say(console, f"stopped; resume with: python -m cutout_rl.train --resume {shlex.quote(str(run.path))}")
            raise


def _find_or_create(config: TrainConfig) -> RunFolder:
    """Return the run to resume, or a folder that a new run may use.

    Raises:
        CutOutError: a published agent cannot be resumed, or the folder is used.
    """
    if config.resume is not None:
        run = RunFolder(config.resume)
        if run.best_checkpoint.exists() and not run.last_checkpoint.exists():
            raise CutOutError(
                f"{run.path} contains a published agent, which cannot be resumed; start a new run from it with --init"
                f" {shlex.quote(str(run.path))}."
            )
        return run
    if config.out is None:
        return RunFolder.create_numbered(_default_folder(config))
    return RunFolder(config.out)


def parse(arguments: Sequence[str]) -> tuple[Algorithm, TrainConfig]:
    """Parse the flags into an algorithm and its configuration.

    Raises:
        CutOutError: an unknown algorithm, a value that does not fit, or a setting that a resumed run may not change.
    """
    first = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    first.add_argument("--algo", default=None)
    first.add_argument("--resume", type=Path, default=None)
    first.add_argument("--device", default=None)
    known, _ = first.parse_known_args(arguments)
    if known.resume is None:
        algorithm = load_algorithm(known.algo or TrainConfig.algo)
        return algorithm, _parse_flags(algorithm.config_type, arguments, None)
    algorithm, before = load_config(RunFolder(known.resume), known.device)
    config = _parse_flags(algorithm.config_type, arguments, before)
    for field in dataclasses.fields(config):
        if field.name not in (*config.MAY_CHANGE, "resume") and getattr(config, field.name) != getattr(
            before, field.name
        ):
            flag = field.name.replace("_", "-")
            raise CutOutError(
                f"--{flag} cannot change in a resumed run; leave it out, or start a new run without --resume."
            )
    return algorithm, config


def _parse_flags(kind: type[TrainConfig], arguments: Sequence[str], default: TrainConfig | None) -> TrainConfig:
    prog = "python -m cutout_rl.train"
    if default is None:
        return tyro.cli(kind, prog=prog, args=arguments)
    return tyro.cli(kind, prog=prog, args=arguments, default=default)


def _default_folder(config: TrainConfig) -> Path:
    time = datetime.now().strftime("%Y%m%d-%H%M%S")
    return Path("runs") / f"{time}-{config.algo}-{Path(config.data.replace(':', '/')).name}-{config.seed}"


if __name__ == "__main__":
    run_command(main)
