"""`python -m cutout_rl.agents.publish RUN NAME`: turn a run into a pretrained agent with a model card."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Final

import tyro
from rich.console import Console

from cutout_rl.agents import pretrained
from cutout_rl.agents.publishing.model_card import TAKEN_FROM, write_model_card
from cutout_rl.agents.strokes import strokes_table
from cutout_rl.agents.training.checkpoint import read_checkpoint, write_checkpoint
from cutout_rl.data.reported_images import name_images
from cutout_rl.evaluation.comparison import compare, load_players
from cutout_rl.evaluation.evaluation import held_out_factory, held_out_images
from cutout_rl.evaluation.tables import as_table
from cutout_rl.runs.algorithms import load_config
from cutout_rl.runs.pretrained import find_run
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.runs.train_config import GameTrainConfig
from cutout_rl.utils.atomic_write import write_json
from cutout_rl.utils.command import parse_arguments, run_command
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.progress import say
from cutout_rl.utils.ranges import Count
from cutout_rl.visualization.run_report import SEED, draw_curves

MAX_BYTES: Final = 10_000_000  # of the weights
_FOLDERS: Final = re.compile(r"(?<![\w.~/-])/(\S*/)?")


@dataclass(frozen=True)
class PublishArguments:
    """Turn a run into a pretrained agent: settings, weights, curve, and a model card measured on the test split."""

    run: Annotated[Path, tyro.conf.Positional]
    """Folder of a training run."""
    name: Annotated[str, tyro.conf.Positional]
    """Name for --pretrained: lower-case letters, digits and hyphens."""
    images: Count = 200
    """Number of test images; fewer where the split has fewer."""
    among: Path = Path(pretrained.__path__[0])
    """Parent of the agent's folder. Default: this package's."""
    overwrite: bool = False
    """Replace an existing agent of that name."""


def main() -> None:
    """Parse the flags and create the folder atomically."""
    arguments = parse_arguments(PublishArguments, "agents.publish")
    folder = arguments.among / arguments.name
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", arguments.name):
        raise CutOutError(
            f"The name {arguments.name!r} may contain only lower-case letters, digits and single hyphens."
        )
    if folder.exists() and not arguments.overwrite:
        raise CutOutError(f"{folder} already exists; add --overwrite or choose another name.")
    console = Console()
    arguments.among.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".", dir=arguments.among) as temporary:
        agent = RunFolder(Path(temporary) / arguments.name)
        agent.path.mkdir()
        publish(RunFolder(arguments.run), agent, arguments.images, console)
        if folder.exists():
            folder.rename(Path(temporary) / "older")
        agent.path.rename(folder)
    say(console, f"wrote {folder}")


def publish(run: RunFolder, agent: RunFolder, n_images: int, console: Console) -> None:
    """Fill an agent's folder from a run's folder.

    Raises:
        CutOutError: the run cannot be read, has no policy or was never validated, or its weights exceed 10 MB, even in
            half precision.
    """
    algorithm, config = load_config(run, "cpu")
    if not isinstance(config, GameTrainConfig):
        raise CutOutError(
            f"{run.path} is a run of {config.algo!r}, which does not play; publish a run of another algorithm."
        )
    write_json(agent.path / "run.json", without_folders(lineage(run)))
    copyfile(run.path / "validation.csv", agent.path / "validation.csv")
    draw_curves(agent)
    tensors, progress = read_checkpoint(run.best_checkpoint)
    if sum(tensor.nbytes for tensor in tensors.values()) > MAX_BYTES:
        tensors = {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in tensors.items()}
    weights = agent.path / "best.safetensors"
    write_checkpoint(weights, tensors, {"timesteps": progress["timesteps"]})
    if weights.stat().st_size > MAX_BYTES:
        raise CutOutError(f"The weights of {run.path} exceed {MAX_BYTES:,} bytes; train a smaller network.")
    # Measure the published files, not the run.
    players = load_players(algorithm, config, agent, "cpu")
    factory = held_out_factory(config.game_config(), "test")
    images = held_out_images(factory, n_images)
    say(console, f"measuring the agent and the baselines on {len(images)} images, {name_images('test', images)}")
    evaluations = compare(players, factory, images, SEED, console)
    write_json(agent.path / "table.json", [evaluation.figures() for evaluation in evaluations])
    strokes = strokes_table(evaluations, factory, SEED, console)
    game_config = replace(factory.game_config, data=without_folders(factory.game_config.data))
    write_model_card(agent, evaluations, len(players), as_table(evaluations, game_config), strokes)


def lineage(run: RunFolder, heirs: Sequence[Path] = ()) -> dict[str, Any]:
    """Return a run's record with its training time, and those of the runs that it took weights from.

    The latter have the names of the flags as keys: "init", "start_from" and "prior_from".

    Args:
        run: the run.
        heirs: the folders of the runs that took weights from it, from the newest on.

    Raises:
        CutOutError: a run cannot be read, was never validated, or took weights from itself.
    """
    folder = run.path.resolve()
    if folder in heirs:
        raise CutOutError(
            f"By their run.json, {run.path} and {heirs[-1]} take weights from each other; restore these files."
        )
    record, validation = run.record(), run.read("validation.csv")
    if not validation:
        raise CutOutError(f"{run.path} has no validation.csv; name a run that was trained up to an evaluation.")
    record["seconds"] = validation["seconds"][-1]
    for flag in TAKEN_FROM:
        name = record["config"].get(flag)
        if name and flag not in record:  # a pretrained agent's record contains it
            record[flag] = lineage(find_run(name), (*heirs, folder))
    return record


def without_folders(value: Any) -> Any:
    """Reduce every absolute path in a JSON value to its last part, because paths describe the user's machine."""
    if isinstance(value, dict):
        return {key: without_folders(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_folders(item) for item in value]
    return _FOLDERS.sub("", value) if isinstance(value, str) else value


if __name__ == "__main__":
    run_command(main)
