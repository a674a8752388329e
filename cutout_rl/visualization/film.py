"""Films of episodes, played side by side."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutout_rl.evaluation.episode import Episode
from cutout_rl.game.rendering import draw_board
from cutout_rl.utils.atomic_write import replacing
from cutout_rl.utils.errors import CutOutError

BOARD_SIZE: Final = 192  # px of one game, at least
COLUMNS: Final = 4
MILLISECONDS_A_MOVE: Final = 150
MILLISECONDS_AT_THE_END: Final = 2000


def draw_frames(episodes: Sequence[Episode]) -> list[NDArray[np.uint8]]:
    """Draw all episodes side by side, (H, W, 3) uint8 RGB, at the start and after every move."""
    factor = -(-BOARD_SIZE // episodes[0].start.rules.image_size)
    films = [[draw_board(game, factor) for game in episode.replay()] for episode in episodes]
    length = max(len(film) for film in films)
    films = [film + [film[-1]] * (length - len(film)) for film in films]
    blank = np.full_like(films[0][0], 255)
    films += [[blank] * length] * (-len(films) % min(COLUMNS, len(films)))
    columns = min(COLUMNS, len(films))
    return [
        np.concatenate(
            [np.concatenate(boards[i : i + columns], axis=1) for i in range(0, len(boards), columns)], axis=0
        )
        for boards in zip(*films, strict=True)
    ]


def save_gif(frames: Sequence[NDArray[np.uint8]], path: Path) -> None:
    """Write a GIF that shows every frame for 150 ms, the last for 2 s, over and over."""
    # Undithered, because dots that change from frame to frame would make the file three times as large.
    pictures = [Image.fromarray(frame).quantize(128, dither=Image.Dither.NONE) for frame in frames]
    durations = [MILLISECONDS_A_MOVE] * (len(frames) - 1) + [MILLISECONDS_AT_THE_END]
    with replacing(path) as temporary:
        pictures[0].save(temporary, save_all=True, append_images=pictures[1:], duration=durations, loop=0)


def save_webm(frames: Sequence[NDArray[np.uint8]], path: Path) -> None:
    """Write the same as VP9 in a WebM file, which browsers play, about a third as large.

    Of what the FFmpeg in OpenCV's wheels writes, without code under the GPL, it is what Chrome, Firefox and Safari
    (since macOS 11.3 and iOS 17.4) all play.

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
    """Keep OpenCV from complaining of a tag, which it does of any, for WebM has none; Python cannot ask it not to."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
