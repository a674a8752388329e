"""Films of episodes, side by side."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from cutout_rl.evaluation.episode import Episode
from cutout_rl.game.game import Game
from cutout_rl.game.rendering import draw_board, enlarge
from cutout_rl.game.strokes import UNLABELLED
from cutout_rl.utils.atomic_write import replacing
from cutout_rl.utils.errors import CutOutError

BOARD_SIZE: Final = 192  # px of one game, at least
CAPTION_PART: Final = 10  # of the board
CAPTION_COLOUR: Final = (24, 24, 24)
BAR_COLOUR: Final = (0, 114, 90)
COLUMNS: Final = 4
MILLISECONDS_A_MOVE: Final = 150
MILLISECONDS_AT_THE_END: Final = 2000


def draw_frames(episodes: Sequence[Episode], board_size: int = BOARD_SIZE) -> list[NDArray[np.uint8]]:
    """Draw all episodes side by side, (H, W, 3) uint8 RGB, at the start and after every move.

    Args:
        episodes: to draw.
        board_size: least side of one game, in px.
    """
    films = [_draw_film(episode, board_size) for episode in episodes]
    length = max(len(film) for film in films)
    films = [film + [film[-1]] * (length - len(film)) for film in films]
    columns = min(COLUMNS, len(films))
    films += [[np.zeros_like(films[0][0])] * length] * (-len(films) % columns)
    return [
        np.concatenate(
            [np.concatenate(boards[i : i + columns], axis=1) for i in range(0, len(boards), columns)], axis=0
        )
        for boards in zip(*films, strict=True)
    ]


def _draw_film(episode: Episode, board_size: int) -> list[NDArray[np.uint8]]:
    factor = -(-board_size // episode.start.rules.image_size)
    n_moves = len(episode.actions)
    return [
        _draw_frame(game, factor, f"move {move} / {n_moves}, IoU {iou:.2f}", iou)
        for move, (game, iou) in enumerate(zip(episode.replay(), episode.iou.tolist(), strict=True))
    ]


def _draw_frame(game: Game, factor: int, text: str, iou: float) -> NDArray[np.uint8]:
    """Draw a game, darkened outside the mask, above a bar that is as long as the IoU."""
    frame = draw_board(game, factor)
    frame[enlarge(~game.mask & (game.labels == UNLABELLED), factor)] //= 2
    width = frame.shape[1]
    height = width // CAPTION_PART
    frame[-height:] = CAPTION_COLOUR
    frame[-height:, : round(iou * width)] = BAR_COLOUR
    picture = Image.fromarray(frame)
    font = ImageFont.load_default(0.7 * height)
    ImageDraw.Draw(picture).text((height // 3, frame.shape[0] - height // 2), text, "white", font, anchor="lm")
    return np.asarray(picture)


def save_gif(frames: Sequence[NDArray[np.uint8]], path: Path, milliseconds: int = MILLISECONDS_A_MOVE) -> None:
    """Write a looping GIF that shows every frame for so many milliseconds, the last for 2 s."""
    # An octree keeps small dots of a rare colour, such as the pens' heads. Dithering would change from frame to frame.
    pictures = [
        Image.fromarray(frame).quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE) for frame in frames
    ]
    durations = [milliseconds] * (len(frames) - 1) + [MILLISECONDS_AT_THE_END]
    with replacing(path) as temporary:
        pictures[0].save(temporary, save_all=True, append_images=pictures[1:], duration=durations, loop=0)


def save_webm(frames: Sequence[NDArray[np.uint8]], path: Path) -> None:
    """Write the same film as a WebM file (VP9), about a third as large.

    The FFmpeg in OpenCV's wheels writes it without code under the GPL, and Chrome, Firefox and Safari (since macOS 11.3
    and iOS 17.4) play it.

    Raises:
        CutOutError: this OpenCV cannot write such a file.
        OSError: the file cannot be written; it is named in the error.
    """
    height, width = frames[0].shape[:2]
    shown = [*frames, *[frames[-1]] * (MILLISECONDS_AT_THE_END // MILLISECONDS_A_MOVE)]
    with replacing(path) as temporary:
        with _silence():
            writer = cv2.VideoWriter(
                str(temporary),
                *(cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"VP90"), 1000 / MILLISECONDS_A_MOVE, (width, height)),
            )
        if not writer.isOpened():
            raise CutOutError(f"This OpenCV cannot write the film {path}; install opencv-python-headless from PyPI.")
        for frame in shown:
            writer.write(np.ascontiguousarray(frame[..., ::-1]))
        writer.release()


@contextmanager
def _silence() -> Iterator[None]:
    """Suppress OpenCV's warning about the codec tag: WebM has no tags, and Python cannot turn the warning off."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
