"""The JSON codec of episodes: start points and actions, from which episodes can be replayed."""

import dataclasses
import json
import math
from typing import Any, Final

import numpy as np

from cutout_rl.data.formats.json_file import reading, require_int
from cutout_rl.evaluation.demonstrations import FORMAT_VERSION, Demonstrations
from cutout_rl.game.config import GameConfig
from cutout_rl.game.game import Point
from cutout_rl.game.rules import N_MOVES, STOP
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.settings_file import settings_from
from cutout_rl.utils.shown import shown
from cutout_rl.utils.untrusted_file import parse_json

_WHAT: Final = "The file of trajectories"
_MAX_MOVES = 50_000_000  # number of episodes times step_count


def encode_trajectories(demonstrations: Demonstrations) -> bytes:
    """Encode demonstrations as JSON with the keys `version`, `player`, `settings` and `episodes`.

    | key of an episode | value |
    |---|---|
    | `name` | name of the image |
    | `index` | index of the image in the split; in an export of `annotate`, whose images are in no split, the number of
      the episode in the file, from 0 |
    | `seed` | seed of the start points |
    | `start` | (row, column) of the inside and the outside pen's start |
    | `actions` | the actions |
    | `iou` | IoU at the start and after each action, null without ground truth |
    """
    episodes = []
    for episode, name in enumerate(demonstrations.names):
        moves = demonstrations.moves(episode)
        iou = demonstrations.iou[episode, : len(moves) + 1].tolist()
        episodes.append(
            {
                "name": name,
                "index": int(demonstrations.index[episode]),
                "seed": int(demonstrations.seed[episode]),
                "start": demonstrations.start[episode].tolist(),
                "actions": moves,
                "iou": None if math.isnan(iou[0]) else iou,
            }
        )
    record = {
        "version": FORMAT_VERSION,
        "player": demonstrations.player,
        "settings": dataclasses.asdict(demonstrations.game_config),
        "episodes": episodes,
    }
    return json.dumps(record).encode()


def decode_trajectories(data: bytes) -> Demonstrations:
    """Decode demonstrations; `cutout_rl.evaluation.demonstrations.save` converts them for `--algo bc`.

    No image is opened; the settings name the images for `Demonstrations.replay`.

    Raises:
        CutOutError: the file is damaged or of another version, or an episode breaks the rules in its settings.
    """
    record = parse_json(data, _WHAT)
    with reading(_WHAT):
        if record["version"] != FORMAT_VERSION:
            raise CutOutError(
                f"{_WHAT} is of version {shown(record['version'])}, not {FORMAT_VERSION}; record it again."
            )
        game_config = settings_from(GameConfig, record["settings"], "the file of trajectories")
        episodes = list(record["episodes"])
        n, length = len(episodes), require_int(game_config.step_count)
        if n * length > _MAX_MOVES:
            raise CutOutError(f"{_WHAT} allows more than {_MAX_MOVES} moves; split it.")
        start = np.empty((n, 2, 2), np.int64)
        actions = np.full((n, length), STOP, np.int64)
        iou = np.full((n, length + 1), np.nan)
    for number, episode in enumerate(episodes):
        with reading(f"Episode {number + 1} of the file of trajectories"):
            inside, outside = episode["start"]
            start[number] = [_point(point, game_config.image_size) for point in (inside, outside)]
            moves = [_move(move) for move in episode["actions"]]
            if len(moves) > length:
                raise ValueError(f"it has {len(moves)} moves, but at most {length} are allowed")
            actions[number, : len(moves)] = moves
            if episode["iou"] is not None:
                scores = _scores(episode["iou"], len(moves) + 1)
                iou[number, : len(scores)] = scores
                iou[number, len(scores) :] = scores[-1]
    with reading(_WHAT):
        return Demonstrations(
            str(record["player"]),
            game_config,
            tuple(str(episode["name"]) for episode in episodes),
            np.array([require_int(episode["index"]) for episode in episodes], np.int64),
            np.array([require_int(episode["seed"]) for episode in episodes], np.int64),
            start,
            actions,
            iou,
        )


def _point(point: Any, size: int) -> Point:
    row, column = (require_int(number) for number in point)
    if not (0 <= row < size and 0 <= column < size):
        raise ValueError(f"it starts outside the {size} x {size} pixels")
    return row, column


def _move(move: object) -> int:
    if not 0 <= require_int(move) < N_MOVES:
        raise ValueError(f"{shown(move)} is not a move in [0, {N_MOVES})")
    return require_int(move)


def _scores(scores: list[Any], n: int) -> list[float]:
    if len(scores) != n:
        raise ValueError(f"it has {len(scores)} IoUs, but {n} are expected")
    if not all(type(score) in (int, float) and 0 <= score <= 1 for score in scores):
        raise ValueError("an IoU is not between 0 and 1")
    return scores
