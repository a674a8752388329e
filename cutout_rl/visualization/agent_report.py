"""The chapters of an agent's report."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from rich.console import Console

from cutout_rl.data.image_config import image_choice
from cutout_rl.data.reported_images import name_images
from cutout_rl.evaluation.demonstrations import Demonstrations, load, recorded_episodes
from cutout_rl.evaluation.episode import Episode, play_episodes, play_from
from cutout_rl.evaluation.evaluation import held_out_factory, held_out_images
from cutout_rl.game.config import GameConfig
from cutout_rl.game.observation import Observer
from cutout_rl.players.baselines import make_baseline
from cutout_rl.players.explanation import Illustrator, Picture
from cutout_rl.players.player import Player
from cutout_rl.runs.algorithms import load_config
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.progress import track
from cutout_rl.visualization import draw_strokes, episode_sheet, stroke_statistics
from cutout_rl.visualization.contact_sheet import save_contact_sheet
from cutout_rl.visualization.film import draw_frames, save_gif, save_webm
from cutout_rl.visualization.html import Chapter
from cutout_rl.visualization.report_options import ReportOptions
from cutout_rl.visualization.side_by_side import draw_mean_iou, draw_side_by_side

IMAGES_SIDE_BY_SIDE: Final = 3
CHECKPOINTS_SHOWN: Final = 4
EXPLAINED: Final = ((0, 0.0), (0, 0.3), (1, 0.0), (1, 0.3))  # (episode, share of its moves) of the moves explained
COMPARED: Final = (
    f"All episodes on an image start from the same points. {draw_strokes.HOW_TO_READ} Black line: final mask."
)


def draw_report(options: ReportOptions, folder: Path, console: Console) -> tuple[str, list[Chapter]]:
    """Draw all figures of an agent's report.

    Returns:
        The report's title and its chapters.

    Raises:
        CutOutError: the agent or the images cannot be used.
    """
    run = options.find_run()
    algorithm, config = load_config(run, options.device)
    player = algorithm.load_player(config, run, not options.sampled, options.device, options.seed)
    baselines = [make_baseline(name) for name in options.beside]
    game_config = options.game_config(config)
    recorded = _load_recorded(options.demonstrations, game_config.image_size)
    factory = held_out_factory(game_config, options.split)
    observer = factory.observer
    with console.status("playing"):
        images = held_out_images(factory, max(options.images, options.episodes), options.first)
        episodes = play_episodes(player, factory, images, options.seed)
    few, many = episodes[: options.episodes], episodes[: options.images]
    sheets = [
        episode_sheet.draw_episode(
            episode, player, observer, config.game_config().reward, folder / f"episode-{number}.svg"
        )
        for number, episode in enumerate(track(few, "drawing episodes", console), start=1)
    ]
    with console.status("drawing"):
        starts = [episode.start for episode in many]
        players = {options.agent_name: many}
        players |= {other.label: play_from(other, starts, observer) for other in baselines}
        chapters = [
            Chapter(
                "Episodes",
                f"{draw_strokes.HOW_TO_READ} {episode_sheet.HOW_TO_READ}",
                [*_draw_overview(few, folder), *sheets],
            ),
            Chapter(
                "Stroke statistics",
                stroke_statistics.HOW_TO_READ,
                [
                    stroke_statistics.draw_heat_maps(many, folder / "pens.svg"),
                    stroke_statistics.draw_first_strokes(many, folder / "first-strokes.svg"),
                ],
            ),
            Chapter(
                "Saliency and activations",
                "Explanations of single moves in the first episodes.",
                _explain(player, few, observer, folder),
            ),
            Chapter("Training", COMPARED, _draw_training(options, few, observer, folder)),
            Chapter("Comparison with baselines", COMPARED, _compare(players, "beside", folder) if baselines else []),
        ]
        if recorded:
            chapters.append(
                Chapter(
                    "Comparison with recorded play",
                    COMPARED,
                    _compare_recorded(options, player, game_config, recorded, folder),
                )
            )
    where = name_images(options.split, images[: options.images])
    title = f"{options.agent_name} on {factory.game_config.data}, {where}"
    return title, [chapter for chapter in chapters if chapter.pictures]


def _draw_overview(episodes: Sequence[Episode], folder: Path) -> list[Picture]:
    save_contact_sheet(episodes, folder / "episodes.svg")
    frames = draw_frames(episodes)
    save_gif(frames, folder / "episodes.gif")
    save_webm(frames, folder / "episodes.webm")
    return [
        Picture(folder / "episodes.gif", "Film", "Strokes and mask after each move. White line: outline of the mask."),
        Picture(folder / "episodes.svg", "Overview", "A row per episode. A ring marks the best IoU."),
    ]


def _explain(player: Player, episodes: Sequence[Episode], observer: Observer, folder: Path) -> list[Picture]:
    if not isinstance(player, Illustrator):
        return []
    moments = [
        episode_sheet.moments_of(episodes[number], observer)[int(share * len(episodes[number].actions))]
        for number, share in EXPLAINED
        if number < len(episodes) and episodes[number].actions
    ]
    return list(player.illustrate(moments, folder)) if moments else []


def _draw_training(
    options: ReportOptions, episodes: Sequence[Episode], observer: Observer, folder: Path
) -> list[Picture]:
    run = options.find_run()
    algorithm, config = load_config(run, options.device)
    history = list(run.history().items())
    if not history:
        return []
    # Agents change most at first.
    shown = np.unique(((len(history) - 1) * np.linspace(0, 1, CHECKPOINTS_SHOWN) ** 2).round().astype(int))
    starts = [episode.start for episode in episodes[:IMAGES_SIDE_BY_SIDE]]
    columns = {}
    for timesteps, checkpoint in (history[i] for i in shown):
        player = algorithm.load_player(config, checkpoint, not options.sampled, options.device, options.seed)
        columns[f"{timesteps:,} steps"] = play_from(player, starts, observer)
    caption = "The agent with its weights after so many steps of training."
    return [draw_side_by_side(columns, "Successive checkpoints", caption, folder / "training.svg", IMAGES_SIDE_BY_SIDE)]


def _compare(players: dict[str, Sequence[Episode]], name: str, folder: Path) -> list[Picture]:
    return [
        draw_side_by_side(
            players,
            "Strokes on the same images",
            f"Episodes of {', '.join(players)}.",
            folder / f"{name}.svg",
            IMAGES_SIDE_BY_SIDE,
        ),
        draw_mean_iou(players, folder / f"{name}-iou.svg"),
    ]


def _load_recorded(folder: Path | None, image_size: int) -> Demonstrations | None:
    if folder is None:
        return None
    recorded = load(folder)
    if recorded.game_config.image_size != image_size:
        raise CutOutError(
            f"The demonstrations in {folder} were recorded on images of {recorded.game_config.image_size} px, but the"
            f" agent plays on {image_size} px; record others."
        )
    return recorded


def _compare_recorded(
    options: ReportOptions, player: Player, game_config: GameConfig, recorded: Demonstrations, folder: Path
) -> list[Picture]:
    theirs = recorded_episodes(recorded, options.images)
    theirs_config = recorded.game_config
    same_images = replace(
        game_config, **image_choice(theirs_config), augment=theirs_config.augment, bank=theirs_config.bank
    )
    factory = held_out_factory(same_images, recorded.game_config.split)
    starts = [
        factory.game_from(index, episode.start.starts)
        for index, episode in zip(recorded.index.tolist(), theirs, strict=False)
    ]
    players = {
        options.agent_name: play_from(player, starts, factory.observer),
        f"{recorded.player}, recorded": theirs,
    }
    return _compare(players, "recorded", folder)
