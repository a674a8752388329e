"""`python -m cutout_rl.experiments.gallery`: draw docs/gallery.md and its pictures again."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from rich.console import Console

from cutout_rl import train
from cutout_rl.evaluation.episode import play_from
from cutout_rl.evaluation.evaluation import held_out_factory, held_out_game
from cutout_rl.game.rules import STOP
from cutout_rl.players.explanation import Picture
from cutout_rl.runs.algorithms import load_config
from cutout_rl.utils.atomic_write import write_text
from cutout_rl.utils.command import parse_arguments, run_command
from cutout_rl.utils.ranges import Count
from cutout_rl.visualization.agent_report import draw_report
from cutout_rl.visualization.film import draw_frames, save_gif
from cutout_rl.visualization.filmstrip import save_filmstrip
from cutout_rl.visualization.html import Chapter
from cutout_rl.visualization.report_options import ReportOptions

PICTURES: Final = {
    "ppo-reward-faces": (
        *("episode-1", "pens", "first-strokes", "saliency", "field-of-view", "activations-prior", "activations"),
        *("beside", "beside-iou"),
    ),
    "planner-faces": ("episodes", "episode-1", "pens"),
    "bc-faces": ("pens", "first-strokes"),
}

# A run that shows learning within two minutes on two cores.
SHORT_RUN: Final = (
    *("--algo", "bc", "--prior-images", "1000", "--prior-steps", "600", "--expert-steps", "2000"),
    *("--total-timesteps", "5760", "--eval-every", "960", "--eval-images", "20", "--test-images", "0"),
)

GAME_AGENT: Final = "planner-faces"
GAME_IMAGE: Final = 182  # of the test faces
GAME_STATES: Final = (0, 2, 4, 6)  # moves in the picture of the game, which also shows its end
GAME_SIZE: Final = 384  # px of the film
GAME_MILLISECONDS: Final = 100  # a move


@dataclass(frozen=True)
class GalleryArguments:
    """Draw the documentation's gallery and the picture and film of the game again."""

    docs: Path = Path("docs")
    """Folder of gallery.md and images/."""
    images: Count = 100
    """Number of images to average over."""


def main() -> None:
    """Parse the flags, play, train a short run, draw, and write the page."""
    arguments = parse_arguments(GalleryArguments, "experiments.gallery")
    console = Console()
    images = arguments.docs / "images"
    with TemporaryDirectory() as temporary:
        _draw_game(Path(temporary), images)
        chapters: list[Chapter] = []
        for agent, names in PICTURES.items():
            console.print(f"drawing {agent}")
            report = ReportOptions(pretrained=agent, first=0, episodes=4, images=arguments.images)
            chapters += _draw(report, names, Path(temporary) / agent, images / "gallery", console)
        run = Path(temporary) / "bc-short"
        train.main([*SHORT_RUN, "--out", str(run)])
        report = ReportOptions(run=run, first=0, episodes=4, images=4, beside=())
        chapters += _draw(report, ("training",), Path(temporary) / "training", images / "gallery", console)
    page = arguments.docs / "gallery.md"
    write_text(page, gallery_page(chapters, arguments.docs))
    console.print(f"wrote {page}")


def _draw_game(temporary: Path, images: Path) -> None:
    options = ReportOptions(pretrained=GAME_AGENT)
    run = options.find_run()
    algorithm, config = load_config(run, options.device)
    player = algorithm.load_player(config, run, True, options.device)
    factory = held_out_factory(options.game_config(config), options.split)
    (episode,) = play_from(player, [held_out_game(factory, GAME_IMAGE, options.seed)], factory.observer)
    moves = sum(action != STOP for action in episode.actions)
    save_filmstrip(episode, (*GAME_STATES, moves), temporary / "game.svg")
    shutil.copy(temporary / "game.svg", images)
    save_gif(draw_frames([episode], GAME_SIZE), images / "game.gif", GAME_MILLISECONDS)


def _draw(
    options: ReportOptions, names: Sequence[str], temporary: Path, gallery: Path, console: Console
) -> list[Chapter]:
    """Draw a report, keep its pictures of these names in the gallery's folder, and return their chapters."""
    _, chapters = draw_report(options, temporary, console)
    gallery.mkdir(parents=True, exist_ok=True)
    kept = []
    for chapter in chapters:
        pictures = [
            Picture(
                Path(shutil.copy(picture.path, gallery / f"{options.agent_name.split()[0]}-{picture.path.name}")),
                f"{options.agent_name}: {picture.title[0].lower()}{picture.title[1:]}",
                picture.caption,
            )
            for picture in chapter.pictures
            if picture.path.stem in names and picture.path.suffix == ".svg"
        ]
        kept.append(replace(chapter, pictures=pictures))
    return [chapter for chapter in kept if chapter.pictures]


def gallery_page(chapters: Sequence[Chapter], docs: Path) -> str:
    """Return the pictures as Markdown, by chapter, with links relative to the folder `docs`."""
    lines = [
        "# Gallery",
        "",
        "Figures of pretrained agents, and of a short training run, on the faces from test 0 on. These also chose"
        " settings, so the figures are no results. `ppo-reward-faces` and `planner-faces` learnt their object prior"
        " from rewards; `bc-faces` and the short run from ground-truth masks and a scripted expert"
        " ([agents](agents.md))."
        " `python -m cutout_rl.visualize RUN` (or `--pretrained NAME`) draws such figures of any agent, as SVG and PDF,"
        " in one or two minutes. `python -m cutout_rl.experiments.gallery` draws this page again in five minutes.",
        "",
        "## An object prior learns to see from rewards",
        "",
        "Object priors on validation faces, by gradient steps on rewards alone, as `python -m"
        " cutout_rl.experiments.priors` draws them. Below: IoU of the thresholded prior. Disc and square: start points."
        " See [Learning to see from rewards](reward_only.md).",
        "",
        "![Priors by gradient steps](images/prior-learns.svg)",
    ]
    for name in dict.fromkeys(chapter.name for chapter in chapters):
        same = [chapter for chapter in chapters if chapter.name == name]
        lines += ["", f"## {name}", "", same[0].legend]
        for picture in (picture for chapter in same for picture in chapter.pictures):
            link = picture.path.relative_to(docs).as_posix()
            lines += ["", f"### {picture.title}", "", picture.caption, "", f"![{picture.title}]({link})"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    run_command(main)
