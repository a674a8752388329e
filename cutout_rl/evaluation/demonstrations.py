"""Recorded episodes: written, read and replayed exactly; see `docs/demonstrations.md`."""

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.data import DataSource
from cutout_rl.evaluation.episode import Episode
from cutout_rl.evaluation.evaluation import Evaluation, evaluate, held_out_factory, held_out_game, held_out_images
from cutout_rl.game.config import GameConfig
from cutout_rl.game.factory import GameFactory
from cutout_rl.game.game import Game, Point
from cutout_rl.game.rules import STOP
from cutout_rl.players.player import Player
from cutout_rl.utils.atomic_write import replacing, write_json
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.settings_file import settings_from
from cutout_rl.utils.shown import shown
from cutout_rl.utils.untrusted_arrays import DAMAGE, read_arrays
from cutout_rl.utils.untrusted_file import parse_record, read_file

FORMAT_VERSION: Final = 1
_JSON, _ARRAYS = "demonstrations.json", "demonstrations.npz"
_REMEDY: Final = "restore them or record again"


@dataclass(frozen=True)
class Demonstrations:
    """E episodes of one player.

    Attributes:
        player: its label in tables.
        game_config: settings of the games.
        names: of the images, one per episode.
        index: (E,) int64, of the image in the split of its source.
        seed: (E,) int64; seed and index determine the start points.
        start: (E, 2, 2) int64, (row, column) of the inside and the outside pen's start point.
        actions: (E, step_count) int64, 16 from the step on at which the player stopped.
        iou: (E, step_count + 1) float64 in [0, 1], at the start and after each step; NaN without ground truth.
    """

    player: str
    game_config: GameConfig
    names: tuple[str, ...]
    index: NDArray[np.int64]
    seed: NDArray[np.int64]
    start: NDArray[np.int64]
    actions: NDArray[np.int64]
    iou: NDArray[np.float64]

    def __len__(self) -> int:
        """Return the number of episodes."""
        return len(self.names)

    def moves(self, episode: int) -> list[int]:
        """Return the actions of an episode, without the stop."""
        actions: list[int] = self.actions[episode].tolist()
        return actions[: actions.index(STOP)] if STOP in actions else actions

    def require_image(self, episode: int, source: DataSource) -> None:
        """Check that the image of an episode is the one that was played.

        Raises:
            CutOutError: the images have changed.
        """
        index, name = int(self.index[episode]), self.names[episode]
        if index >= len(source) or source[index].name != name:
            raise CutOutError(
                f"Image {index} of {self.game_config.data} is no longer {name!r}, the image of a demonstration;"
                " restore the images or record again."
            )

    def replay(self, episode: int, factory: GameFactory) -> Iterator[Game]:
        """Yield the game of an episode at the start and after each action; it is always the same object.

        Args:
            episode: its number.
            factory: of the games; with `reward="end"` no cut is made before the last step.

        Raises:
            CutOutError: the images have changed.
        """
        index, ((row, column), (other_row, other_column)) = int(self.index[episode]), self.start[episode].tolist()
        self.require_image(episode, factory.source)
        game = factory.game_from(index, ((row, column), (other_row, other_column)))
        yield game
        for action in self.moves(episode):
            game.step(action)
            yield game


def record(
    player: Player,
    game_config: GameConfig,
    n_episodes: int,
    seed: int = 0,
    on_game: Callable[[int], None] = lambda games: None,
) -> Demonstrations:
    """Play the images of the split in order, and again from other start points when all were played.

    Raises:
        CutOutError: fewer than one episode, or the images cannot be used.
    """
    factory = held_out_factory(game_config, game_config.split)
    played: list[Evaluation] = []
    seeds: list[int] = []
    starts: list[tuple[Point, Point]] = []
    while not played or len(seeds) < n_episodes:
        # Not reported but learnt from, so no image is left out.
        images = held_out_images(factory, n_episodes - len(seeds), first=0)
        result = evaluate(player, factory, images, seed + len(played), on_game)
        seeds += [seed + len(played)] * len(images)
        starts += [held_out_game(factory, index, seeds[-1]).starts for index in images]
        played.append(result)
    return Demonstrations(
        player.label,
        game_config,
        tuple(name for result in played for name in result.names),
        np.concatenate([result.indices for result in played]),
        np.array(seeds, np.int64),
        np.array(starts, np.int64),
        np.concatenate([result.actions for result in played]),
        np.concatenate([result.iou for result in played]),
    )


def recorded_episodes(demonstrations: Demonstrations, most: int) -> list[Episode]:
    """Replay at most `most` of the first episodes and score them with the current segmenter.

    Raises:
        CutOutError: the images cannot be used, or have changed.
    """
    factory = held_out_factory(demonstrations.game_config, demonstrations.game_config.split)
    episodes = []
    for number in range(min(most, len(demonstrations))):
        games = demonstrations.replay(number, factory)
        start = next(games).copy()
        iou = np.array([start.iou, *(game.iou for game in games)], np.float64)
        episodes.append(Episode(start, tuple(demonstrations.moves(number)), iou))
    return episodes


def save(demonstrations: Demonstrations, folder: Path) -> None:
    """Write demonstrations into a folder; it is created, and older demonstrations in it are replaced.

    Raises:
        CutOutError: an episode has no ground truth, so that nothing can be learnt from it.
    """
    if np.isnan(demonstrations.iou).any():
        raise CutOutError(
            f"{demonstrations.player} played images without masks, so their IoU is unknown;"
            " record on images with masks."
        )
    arrays = {name: getattr(demonstrations, name) for name in _array_names()}
    with replacing(folder / _ARRAYS) as temporary:
        np.savez_compressed(temporary, **arrays)
    write_json(
        folder / _JSON,
        {
            "version": FORMAT_VERSION,
            "player": demonstrations.player,
            "settings": dataclasses.asdict(demonstrations.game_config),
            "mean_final_iou": float(demonstrations.iou[:, -1].mean()),
            "names": demonstrations.names,
        },
    )


def load(folder: Path) -> Demonstrations:
    """Read demonstrations.

    Raises:
        CutOutError: the folder contains none, or they are damaged or of another version.
    """
    record_file, arrays_file = folder / _JSON, folder / _ARRAYS
    if not (record_file.exists() and arrays_file.exists()):
        raise CutOutError(
            f"{folder} contains no demonstrations ({_JSON} and {_ARRAYS}); record some on the page (python -m"
            " cutout_rl.play) or with a scripted player."
        )
    try:
        record = parse_record(read_file(record_file, str(record_file), remedy=_REMEDY))
        if record["version"] != FORMAT_VERSION:
            raise CutOutError(
                f"{record_file} is of version {shown(record['version'])}, not {FORMAT_VERSION}; record again."
            )
        game_config = settings_from(GameConfig, record["settings"], record_file)
        arrays = read_arrays(read_file(arrays_file, str(arrays_file), remedy=_REMEDY), _array_names())
        demonstrations = Demonstrations(record["player"], game_config, tuple(record["names"]), **arrays)
        _require_rules(demonstrations)
    except DAMAGE as error:
        raise CutOutError(f"The demonstrations in {folder} are damaged ({shown(str(error))}); {_REMEDY}.") from None
    return demonstrations


def _require_rules(demonstrations: Demonstrations) -> None:
    """Check that demonstrations are what `record` writes.

    Raises:
        ValueError: they are not.
    """
    size, steps, n = demonstrations.game_config.image_size, demonstrations.game_config.step_count, len(demonstrations)
    expected = {
        "index": ((n,), np.int64, 0, np.inf),
        "seed": ((n,), np.int64, 0, np.inf),
        "start": ((n, 2, 2), np.int64, 0, size - 1),
        "actions": ((n, steps), np.int64, 0, STOP),
        "iou": ((n, steps + 1), np.float64, 0, 1),
    }
    if not all(isinstance(text, str) for text in (demonstrations.player, *demonstrations.names)):
        raise ValueError("a name is no string")
    for name, (shape, dtype, least, most) in expected.items():
        array = getattr(demonstrations, name)
        if array.shape != shape or array.dtype != dtype:
            raise ValueError(f"{name} has another shape or type")
        if not np.all((array >= least) & (array <= most)):
            raise ValueError(f"{name} is not between {least} and {most}")


def _array_names() -> list[str]:
    return [
        field.name
        for field in dataclasses.fields(Demonstrations)
        if field.name not in ("player", "game_config", "names")
    ]
