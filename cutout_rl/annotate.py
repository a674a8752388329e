"""`python -m cutout_rl.annotate DIR --pretrained NAME`: segment every image of a folder."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import tyro
from PIL import Image
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Task as Bar
from rich.text import Text

from cutout_rl.annotation.annotated_folder import AnnotatedFolder, Task
from cutout_rl.annotation.export import Export, export
from cutout_rl.annotation.inference import AgentAnnotator
from cutout_rl.annotation.start_points_file import DEFAULT_POINTS, read_points, start_points_in_square
from cutout_rl.data.decoding import read_image
from cutout_rl.data.formats.annotation import require_file_name
from cutout_rl.data.pairing import SUFFIXES, files_by_stem
from cutout_rl.runs.algorithms import load_config
from cutout_rl.runs.pretrained import find_agent
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.runs.train_config import Device
from cutout_rl.utils.command import run_command
from cutout_rl.utils.errors import CutOutError

BATCH_SIZE: Final = 8  # twice as fast as one at a time


@dataclass(frozen=True)
class AnnotateArguments:
    """Segment every image of a folder with a trained agent, and export the masks.

    Finished images are skipped unless the agent, the image or its start points have changed.
    """

    folder: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="DIR")]
    """Folder of images, or one that contains images/; no masks are needed."""
    agent: Path | None = None
    """Folder of a training run; its agent is used."""
    pretrained: str | None = None
    """Name of a pretrained agent, instead of a run."""
    export: tuple[Export, ...] = ("coco",)
    """One or several export formats. Masks and scribbles are always written."""
    points: Path | None = None
    """CSV file of start points: image,inside_x,inside_y,outside_x,outside_y in pixels. Default: the centre of the
    image, and its upper left corner."""
    out: Path | None = None
    """Output folder. Default: DIR/annotations."""
    skip_bad: bool = False
    """Skip and list unreadable images instead of stopping."""
    device: Device = "cpu"
    """Where the network runs."""


def main() -> None:
    """Parse the flags, annotate the unfinished images, and export."""
    arguments = tyro.cli(AnnotateArguments, prog="python -m cutout_rl.annotate")
    files = find_images(arguments.folder)
    points = {} if arguments.points is None else read_points(arguments.points, files)
    run = find_agent(arguments.agent, arguments.pretrained)
    algorithm, config = load_config(run, arguments.device)
    player = algorithm.load_player(config, run, True, arguments.device)
    if player.sees_truth:
        raise CutOutError(f"{player.label} uses the ground truth, which these images lack; choose another agent.")
    game_config = replace(config.game_config(), data=str(arguments.folder), masks=None)
    folder = AnnotatedFolder(arguments.out or arguments.folder / "annotations")
    agent = _fingerprint(run)
    tasks = [Task(name, file.stat().st_size, agent, points.get(name, DEFAULT_POINTS)) for name, file in files.items()]
    console = Console(soft_wrap=True)
    bad = annotate_images(tasks, files, AgentAnnotator(player, game_config), folder, arguments.skip_bad, console)
    for sentence in bad.values():
        console.print(f"skipped: {sentence}", markup=False, highlight=False)
    done = [name for name in files if name not in bad]
    if not done:
        raise CutOutError(f"None of the images in {arguments.folder} can be read; save them again.")
    for kind in dict.fromkeys(arguments.export):
        path = export(kind, folder, done, player.label, game_config)
        console.print(f"{kind} of {len(done)} images: {path}", markup=False, highlight=False)


def find_images(folder: Path) -> dict[str, Path]:
    """List the images in `folder/images`, or else in the folder itself, by file name.

    Raises:
        CutOutError: the folder does not exist, contains no images, or two images share a stem.
    """
    if not folder.is_dir():
        raise CutOutError(f"There is no folder {folder}; name a folder of images.")
    inner = folder / "images"
    found = files_by_stem(inner if inner.is_dir() else folder)
    for files in found.values():
        if len(files) > 1:
            raise CutOutError(f"{files[0]} and {files[1].name} would share one mask; rename one of them.")
    if not found:
        raise CutOutError(f"{folder} contains no images; put {', '.join(SUFFIXES)} files into it.")
    return {require_file_name(file.name): file for (file,) in found.values()}


def annotate_images(
    tasks: Sequence[Task],
    files: Mapping[str, Path],
    annotator: AgentAnnotator,
    folder: AnnotatedFolder,
    skip_bad: bool,
    console: Console,
) -> dict[str, str]:
    """Annotate the unfinished images in batches; each is written as soon as it is finished.

    Returns:
        Error messages of the skipped images, by file name.

    Raises:
        CutOutError: without `skip_bad`, an image cannot be read or its start points are invalid.
    """
    waiting = [task for task in tasks if not folder.has(task)]
    if len(waiting) < len(tasks):
        console.print(f"{len(tasks) - len(waiting)} of {len(tasks)} images are done already")
    if not waiting:
        return {}
    bad: dict[str, str] = {}
    columns = (TextColumn("images"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("", total=len(waiting))
        for first in range(0, len(waiting), BATCH_SIZE):
            batch: list[Task] = []
            images: list[Image.Image] = []
            starts = []
            for task in waiting[first : first + BATCH_SIZE]:
                try:
                    image = read_image(files[task.image])
                    shape = (image.height, image.width)
                    starts.append(start_points_in_square(task.image, task.points, shape, annotator.size))
                except CutOutError as error:
                    if not skip_bad:
                        raise
                    bad[task.image] = str(error)
                else:
                    batch.append(task)
                    images.append(image)
            if batch:
                annotator.annotate(images, starts, [partial(folder.add, task) for task in batch])
            progress.advance(bar, min(BATCH_SIZE, len(waiting) - first))
    return bad


class _Rate(ProgressColumn):
    def render(self, task: Bar) -> Text:
        return Text(f"{task.completed / task.elapsed:.1f} images/s" if task.elapsed else "")


def _fingerprint(run: RunFolder) -> str:
    """Return a hash of an agent's configuration and weights."""
    digest = hashlib.sha256((run.path / "run.json").read_bytes())
    if run.best_checkpoint.exists():  # other packages' algorithms may store their weights elsewhere
        digest.update(run.best_checkpoint.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    run_command(main)
