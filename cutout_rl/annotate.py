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
from cutout_rl.annotation.export import Export, export, exported_files
from cutout_rl.annotation.inference import AgentAnnotator
from cutout_rl.annotation.start_points_file import DEFAULT_POINTS, read_points, start_points_in_square
from cutout_rl.annotation.written_files import content_hash, refusal, require_no_links
from cutout_rl.data.decoding import read_reduced_image
from cutout_rl.data.folder_listing import by_name, list_folder
from cutout_rl.data.image_files import FORMATS_READ, Shape
from cutout_rl.game.game import Point
from cutout_rl.runs.algorithms import load_config
from cutout_rl.runs.pretrained import find_agent
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.runs.train_config import Device
from cutout_rl.utils.command import run_command
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.progress import say
from cutout_rl.utils.threads import map_parallel

BATCH_SIZE: Final = 8  # twice as fast as one at a time
MOST_PIXELS: Final = 48_000_000  # of a batch; a larger image is reduced, and its mask enlarged
_OUTPUTS: Final = ("annotations", "cutouts")  # folders of annotate and of the page among the images


@dataclass(frozen=True)
class AnnotateArguments:
    """Segment every image of a folder with a trained agent, and export the masks.

    Finished images are skipped unless the agent, the image or its start points have changed. Masks and exports that
    annotate has not written, or that were edited since, are never replaced without --overwrite.
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
    """Skip and list unreadable images, and those with a mask of other origin, instead of stopping."""
    overwrite: bool = False
    """Replace masks and exports that annotate has not written, or that were edited since."""
    device: Device = "cpu"
    """Where the network runs."""


def main() -> None:
    """Parse the flags, annotate the unfinished images, and export."""
    arguments = tyro.cli(AnnotateArguments, prog="python -m cutout_rl.annotate")
    console = Console(soft_wrap=True)
    files, bad = find_images(arguments.folder, console)
    if bad and not arguments.skip_bad:
        raise CutOutError(next(iter(bad.values())))
    points = {} if arguments.points is None else read_points(arguments.points, files)
    out = arguments.out or arguments.folder / "annotations"
    if arguments.out is None:
        require_no_links(arguments.folder, ("annotations",))
    folder = AnnotatedFolder(out, arguments.overwrite)
    for kind in arguments.export:
        folder.written.require_own(exported_files(kind, list(files)))
    run = find_agent(arguments.agent, arguments.pretrained)
    algorithm, config = load_config(run, arguments.device)
    player = algorithm.load_player(config, run, True, arguments.device)
    if player.sees_truth:
        raise CutOutError(f"{player.label} uses the ground truth, which these images lack; choose another agent.")
    game_config = replace(config.game_config(), data=str(arguments.folder), masks=None)
    agent = _fingerprint(run)
    tasks = []
    for (name, file), content in zip(files.items(), map_parallel(_content_of, list(files.values())), strict=True):
        if isinstance(content, CutOutError):
            if not arguments.skip_bad:
                raise content
            bad[name] = str(content)
        else:
            tasks.append(Task(name, content, file.stat().st_size, agent, points.get(name, DEFAULT_POINTS)))
    annotator = AgentAnnotator(player, game_config)
    bad |= annotate_images(tasks, files, annotator, folder, arguments.skip_bad, console)
    folder.written.tidy()
    for sentence in bad.values():
        say(console, f"skipped: {sentence}")
    done = [name for name in files if name not in bad]
    if not done:
        raise CutOutError(f"None of the images in {arguments.folder} can be annotated: {next(iter(bad.values()))}")
    for kind in dict.fromkeys(arguments.export):
        path = export(kind, folder, done, player.label, game_config)
        say(console, f"{kind} of {len(done)} images: {path}")
    folder.written.tidy()


def find_images(folder: Path, console: Console) -> tuple[dict[str, Path], dict[str, str]]:
    """List the images in `folder/images`, or else in the folder itself, and say how many are read and left out.

    Returns:
        The images by file name, and error messages on others by their file names.

    Raises:
        CutOutError: the folder does not exist or contains no images.
    """
    if not folder.is_dir():
        raise CutOutError(f"There is no folder {folder}; name a folder of images.")
    inner = folder / "images"
    listing = list_folder(inner if inner.is_dir() else folder, ignored=_OUTPUTS)
    left_out = f" It has {', '.join(listing.left_out)}." if listing.left_out else ""
    if not listing.images:
        raise CutOutError(f"{folder} contains no images; put {FORMATS_READ} files into it.{left_out}")
    say(console, f"{listing.counts()}.")
    images: dict[str, Path] = {}
    bad: dict[str, str] = {}
    for first, *others in by_name(listing.images).values():
        images[first.name] = first
        for other in others:
            bad[other.name] = f"{first} and {other.name} would share one mask; rename one of them."
    return images, bad


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
        CutOutError: without `skip_bad`, an image cannot be read, its start points are invalid, or its mask would
            replace one that annotation has not written.
    """
    waiting = [task for task in tasks if not folder.has(task)]
    if len(waiting) < len(tasks):
        console.print(f"{len(tasks) - len(waiting)} of {len(tasks)} images are done already")
    foreign = {task.image: names for task in waiting if (names := folder.foreign(task))}
    if foreign and not skip_bad:
        raise CutOutError(refusal(folder.path, [name for names in foreign.values() for name in names]))
    bad = {image: refusal(folder.path, names) for image, names in foreign.items()}
    waiting = [task for task in waiting if task.image not in bad]
    if not waiting:
        return bad
    columns = (TextColumn("images"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("", total=len(waiting))
        batch = _Batch()
        for task in waiting:
            try:
                image, shape = read_reduced_image(files[task.image], MOST_PIXELS)
                start = start_points_in_square(task.image, task.points, shape, annotator.size)
            except CutOutError as error:
                if not skip_bad:
                    raise
                bad[task.image] = str(error)
                progress.advance(bar)
                continue
            if batch.would_overflow(image):
                progress.advance(bar, batch.annotate(annotator, folder))
            batch.add(task, image, shape, start)
            del image
        progress.advance(bar, batch.annotate(annotator, folder))
    return bad


class _Batch:
    """Images that are annotated together: eight, or fewer large ones, because each pixel takes memory."""

    def __init__(self) -> None:
        self._parts: list[tuple[Task, Image.Image, Shape, tuple[Point, Point]]] = []

    def would_overflow(self, image: Image.Image) -> bool:
        pixels = sum(each.width * each.height for each in (*(part[1] for part in self._parts), image))
        return len(self._parts) == BATCH_SIZE or (bool(self._parts) and pixels > MOST_PIXELS)

    def add(self, task: Task, image: Image.Image, shape: Shape, start: tuple[Point, Point]) -> None:
        self._parts.append((task, image, shape, start))

    def annotate(self, annotator: AgentAnnotator, folder: AnnotatedFolder) -> int:
        """Annotate the images, forget them, and return their number."""
        parts, self._parts = self._parts, []
        if parts:
            tasks, images, shapes, starts = zip(*parts, strict=True)
            annotator.annotate(images, starts, [partial(folder.add, task) for task in tasks], shapes)
        return len(parts)


class _Rate(ProgressColumn):
    def render(self, task: Bar) -> Text:
        return Text(f"{task.completed / task.elapsed:.1f} images/s" if task.elapsed else "")


def _content_of(file: Path) -> str | CutOutError:
    try:
        return content_hash(file)
    except CutOutError as error:
        return error


def _fingerprint(run: RunFolder) -> str:
    """Return a hash of an agent's configuration and weights."""
    digest = hashlib.sha256((run.path / "run.json").read_bytes())
    if run.best_checkpoint.exists():  # other packages' algorithms may store their weights elsewhere
        digest.update(run.best_checkpoint.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    run_command(main)
