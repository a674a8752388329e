"""`python -m cutout_rl.annotate DIR`: segment every image of a folder."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Final

import tyro
from rich.console import Console

from cutout_rl.annotation.annotated_folder import REVIEW, AnnotatedFolder, Task
from cutout_rl.annotation.batches import annotate_images
from cutout_rl.annotation.export import Export, export, exported_files
from cutout_rl.annotation.inference import AgentAnnotator
from cutout_rl.annotation.start_points_file import DEFAULT_POINTS, Pixels, read_points
from cutout_rl.annotation.written_files import content_hash, require_no_links
from cutout_rl.data.folder_listing import by_name, list_folder
from cutout_rl.data.image_files import FORMATS_READ, require_image_file
from cutout_rl.runs.algorithms import load_config
from cutout_rl.runs.pretrained import ANYTHING, default_pretrained, find_agent, find_pretrained
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.runs.train_config import Device
from cutout_rl.utils.command import parse_arguments, run_command
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.progress import say
from cutout_rl.utils.threads import map_parallel

_OUTPUTS: Final = ("annotations", "cutouts", "masks", "scribbles", "indexed")  # folders of annotate and of the page


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
    """Name of a pretrained agent, instead of a run. Default: the one for any object."""
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
    arguments = parse_arguments(AnnotateArguments, "annotate")
    console = Console(soft_wrap=True)
    files, bad = find_images(arguments.folder, console)
    if bad and not arguments.skip_bad:
        raise CutOutError(next(iter(bad.values())))
    points = {} if arguments.points is None else read_points(arguments.points, files)
    out = arguments.out or arguments.folder / "annotations"
    if arguments.out is None:
        require_no_links(arguments.folder, ("annotations",))
    with AnnotatedFolder.open(out, arguments.overwrite) as folder:
        _annotate(arguments, folder, files, bad, points, console)


def _annotate(
    arguments: AnnotateArguments,
    folder: AnnotatedFolder,
    files: dict[str, Path],
    bad: dict[str, str],
    points: dict[str, Pixels],
    console: Console,
) -> None:
    """Annotate the unfinished images among `files`, and export; `bad` holds a sentence for each image left out."""
    for kind in arguments.export:
        folder.written.require_own(exported_files(kind, list(files)))
    folder.written.require_own([REVIEW])
    run = _find_agent(arguments)
    say(console, f"agent: {run.path.name}")
    algorithm, config = load_config(run, arguments.device)
    player = algorithm.load_player(config, run, True, arguments.device)
    if player.sees_truth:
        raise CutOutError(f"{player.label} uses the ground truth, which these images lack; choose another agent.")
    game_config = replace(config.game_config(), data=str(arguments.folder), masks=None, masks_class=None)
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
    if arguments.skip_bad:
        finished = (name for name in files if name not in bad)
        bad |= {name: problem for name in finished if (problem := folder.problem(name)) is not None}
    for sentence in bad.values():
        say(console, f"skipped: {sentence}")
    done = [name for name in files if name not in bad]
    if not done:
        raise CutOutError(f"None of the images in {arguments.folder} can be annotated: {next(iter(bad.values()))}")
    for kind in dict.fromkeys(arguments.export):
        path = export(kind, folder, done, player.label, annotator.game_config)
        say(console, f"{kind} of {len(done)} images: {path}")
    if (worst := folder.write_review(done)) is not None:
        say(console, f"look first at {worst}; all images by their estimated IoU: {folder.path / REVIEW}")
    folder.written.tidy()


def _find_agent(arguments: AnnotateArguments) -> RunFolder:
    if arguments.agent is None and arguments.pretrained is None:
        return find_pretrained(default_pretrained(ANYTHING))
    return find_agent(arguments.agent, arguments.pretrained)


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


def _content_of(file: Path) -> str | CutOutError:
    try:
        require_image_file(file, str(file))
        return content_hash(file)
    except OSError as error:
        return CutOutError(f"{file} cannot be read ({error.strerror}); check the file, or remove it.")
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
