"""Annotation of the images of a folder in batches, each image written as soon as it is finished."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from PIL import Image
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Task as Bar
from rich.text import Text

from cutout_rl.annotation.annotated_folder import AnnotatedFolder, Task
from cutout_rl.annotation.inference import AgentAnnotator
from cutout_rl.annotation.start_points_file import start_points_in_square
from cutout_rl.annotation.written_files import refusal
from cutout_rl.data.decoding import read_reduced_image
from cutout_rl.data.image_files import Shape
from cutout_rl.game.game import Point
from cutout_rl.utils.errors import CutOutError

BATCH_SIZE: Final = 8  # twice as fast as one at a time
MOST_PIXELS: Final = 48_000_000  # of a batch; a larger image is reduced, and its mask enlarged


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
