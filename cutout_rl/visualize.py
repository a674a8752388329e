"""`python -m cutout_rl.visualize RUN`, or `--pretrained NAME`: the picture book of an agent."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import tyro
from rich.console import Console
from rich.progress import track

from cutout_rl.evaluation.agent_options import HeldOut
from cutout_rl.evaluation.demonstrations import Demonstrations, load, recorded_episodes
from cutout_rl.evaluation.episode import Episode, play_episodes, play_from
from cutout_rl.evaluation.evaluation import held_out_factory
from cutout_rl.game.config import GameConfig
from cutout_rl.game.observation import Observer
from cutout_rl.players.explanation import Illustrator, Picture
from cutout_rl.players.player import Player, make_baseline
from cutout_rl.runs.algorithms import Algorithm, load_config
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.runs.train_config import TrainConfig
from cutout_rl.utils.command import run_command
from cutout_rl.utils.errors import CutOutError
from cutout_rl.visualization.contact_sheet import save_contact_sheet
from cutout_rl.visualization.draw_strokes import HOW_TO_READ
from cutout_rl.visualization.episode_sheet import draw_episode, moments_of
from cutout_rl.visualization.film import draw_frames, save_gif, save_webm
from cutout_rl.visualization.html import write_page
from cutout_rl.visualization.side_by_side import draw_mean_iou, draw_side_by_side
from cutout_rl.visualization.stroke_statistics import draw_first_strokes, draw_heat_maps

IMAGES_SIDE_BY_SIDE: Final = 4
TIMES_SIDE_BY_SIDE: Final = 6
EXPLAINED: Final = ((0, 0.0), (0, 0.3), (1, 0.0), (1, 0.3))  # (episode, share of its moves) of the moves explained


@dataclass(frozen=True)
class VisualizeArguments(HeldOut):
    """Draw an agent's picture book: its episodes and habits, how it came to its moves, how it learnt, others' play.

    Writes PNG files, a film as GIF and WebM, and index.html, one page that holds them all.
    """

    episodes: int = 6
    """How many episodes to draw one by one."""
    images: int = 60
    """How many images to average over; fewer where the split has fewer."""
    beside: tuple[str, ...] = ("tracing-expert",)
    """Scripted players to set beside the agent, by their names in the entry-point group cutout_rl.baselines."""
    demonstrations: Path | None = None
    """Folder of recorded play, a person's for instance, to set beside the agent on the images that it was played on."""
    sampled: bool = False
    """Draw the moves instead of playing the likeliest."""
    out: Path | None = None
    """Folder to write to. Default: RUN/visualize, or runs/NAME/visualize for a pretrained agent."""


def main() -> None:
    """Parse the flags, play, and draw."""
    arguments = tyro.cli(VisualizeArguments, prog="python -m cutout_rl.visualize")
    console = Console()
    run = arguments.find_run()
    # A pretrained agent's own folder lies among the installed packages.
    home = run.path if arguments.pretrained is None else Path("runs", arguments.pretrained)
    folder = arguments.out or home / "visualize"
    title, chapters = draw_book(arguments, run, folder, console)
    page = folder / "index.html"
    write_page(title, chapters, page)
    for picture in (picture for pictures in chapters.values() for picture in pictures):
        console.print(f"wrote {picture.path}")
    console.print(f"wrote {page}")


def draw_book(
    arguments: VisualizeArguments, run: RunFolder, folder: Path, console: Console
) -> tuple[str, dict[str, list[Picture]]]:
    """Draw all the pictures of an agent.

    Returns:
        The book's title, and its chapters.

    Raises:
        CutOutError: the agent or the images cannot be used, or no image is asked for.
    """
    if (least := min(arguments.images, arguments.episodes)) < 1:
        raise CutOutError(f"{least} images to play are asked for, but --images and --episodes must be at least 1.")
    algorithm, config = load_config(run, arguments.device)
    player = algorithm.load_player(config, run, not arguments.sampled, arguments.device)
    beside = [make_baseline(name) for name in arguments.beside]
    game_config = arguments.game_config(config)
    recorded = _load_recorded(arguments.demonstrations, game_config.image_size)
    factory = held_out_factory(game_config, arguments.split)
    with console.status("playing"):
        episodes = play_episodes(player, factory, max(arguments.images, arguments.episodes), arguments.seed)
    title = f"{player.label}, trained on {config.data}, on {factory.game_config.data} ({arguments.split} split)"
    few, many = episodes[: arguments.episodes], episodes[: arguments.images]
    observer = factory.observer
    chapters = {"Episodes": _film(few, folder, title)}
    chapters["Episodes"] += [
        draw_episode(episode, player, observer, config.reward, folder / f"episode-{number}.png")
        for number, episode in enumerate(track(few, "drawing episodes", console=console, transient=True), start=1)
    ]
    with console.status("drawing"):
        chapters["Habits"] = [
            draw_heat_maps(many, player.label, folder / "pens.png"),
            draw_first_strokes(many, player.label, folder / "first-strokes.png"),
        ]
        chapters["Why this move"] = _explain(player, few, observer, folder)
        chapters["Learning"] = _history(algorithm, config, run, arguments, few, observer, folder)
        players = {player.label: many}
        players |= {other.label: play_from(other, [episode.start for episode in many], observer) for other in beside}
        chapters["Beside others"] = _beside(players, "beside", folder) if beside else []
        if recorded:
            chapters["Beside recorded play"] = _beside_recorded(player, game_config, recorded, arguments.images, folder)
    return title, {name: pictures for name, pictures in chapters.items() if pictures}


def _film(episodes: Sequence[Episode], folder: Path, title: str) -> list[Picture]:
    save_contact_sheet(episodes, folder / "episodes.png", title)
    frames = draw_frames(episodes)
    save_gif(frames, folder / "episodes.gif")
    save_webm(frames, folder / "episodes.webm")
    return [
        Picture(
            folder / "episodes.gif",
            "Move by move",
            "Blue marks the object, orange the background; the white line is the outline of the mask that the cut makes"
            " of both.",
        ),
        Picture(folder / "episodes.png", "Episodes in brief", HOW_TO_READ),
    ]


def _explain(player: Player, episodes: Sequence[Episode], observer: Observer, folder: Path) -> list[Picture]:
    if not isinstance(player, Illustrator):
        return []
    moments = [
        moments_of(episodes[number], observer)[int(share * len(episodes[number].actions))]
        for number, share in EXPLAINED
        if number < len(episodes) and episodes[number].actions
    ]
    return list(player.illustrate(moments, folder)) if moments else []


def _history(
    algorithm: Algorithm,
    config: TrainConfig,
    run: RunFolder,
    arguments: VisualizeArguments,
    episodes: Sequence[Episode],
    observer: Observer,
    folder: Path,
) -> list[Picture]:
    history = list(run.history().items())
    if not history:
        return []
    shown = np.unique(np.linspace(0, len(history) - 1, TIMES_SIDE_BY_SIDE).round().astype(int))
    starts = [episode.start for episode in episodes[:IMAGES_SIDE_BY_SIDE]]
    columns = {}
    for timesteps, then in (history[i] for i in shown):
        player = algorithm.load_player(config, then, not arguments.sampled, arguments.device)
        columns[f"{timesteps:,} steps"] = play_from(player, starts, observer)
    what = "The agent plays with the weights that it had after so many steps of the run."
    return [
        draw_side_by_side(
            columns, "The same images through training", what, folder / "training.png", IMAGES_SIDE_BY_SIDE
        )
    ]


def _beside(players: dict[str, Sequence[Episode]], name: str, folder: Path) -> list[Picture]:
    what = "All players start from the same points."
    return [
        draw_side_by_side(
            players, "The same images by different players", what, folder / f"{name}.png", IMAGES_SIDE_BY_SIDE
        ),
        draw_mean_iou(players, "IoU over the moves", folder / f"{name}-iou.png"),
    ]


def _load_recorded(folder: Path | None, image_size: int) -> Demonstrations | None:
    if folder is None:
        return None
    recorded = load(folder)
    if recorded.game_config.image_size != image_size:
        raise CutOutError(
            f"The demonstrations in {folder} were played on images of {recorded.game_config.image_size} px, but the agent"
            f" on {image_size} px; record others."
        )
    return recorded


def _beside_recorded(
    player: Player, game_config: GameConfig, recorded: Demonstrations, n_images: int, folder: Path
) -> list[Picture]:
    theirs = recorded_episodes(recorded, n_images)
    played = recorded.game_config
    same_images = replace(game_config, data=played.data, masks=played.masks, skip_bad=played.skip_bad)
    factory = held_out_factory(same_images, played.split)
    starts = [
        factory.game_from(index, episode.start.starts)
        for index, episode in zip(recorded.index.tolist(), theirs, strict=False)
    ]
    players = {player.label: play_from(player, starts, factory.observer), f"{recorded.player}, recorded": theirs}
    return _beside(players, "recorded", folder)


if __name__ == "__main__":
    run_command(main)
