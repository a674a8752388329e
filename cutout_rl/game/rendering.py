"""Frames of the game."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from cutout_rl.game.game import Game
from cutout_rl.game.observation import INSIDE_COLOUR, OUTSIDE_COLOUR
from cutout_rl.game.strokes import LABELLED_INSIDE, LABELLED_OUTSIDE

MIN_FRAME_SIZE: Final = 384  # px
CAPTION_HEIGHT: Final = 28
OUTLINE_COLOUR: Final = (255, 255, 255)


def enlarge(image: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Repeat every pixel of an (H, W[, C]) array `factor` times along both sides."""
    return np.repeat(np.repeat(image, factor, axis=0), factor, axis=1)


def draw_outline(picture: NDArray[np.uint8], mask: NDArray[np.bool_], factor: int) -> None:
    """Draw a mask's outline, white with a black edge, into a picture enlarged by `factor`.

    Args:
        picture: (H * factor, W * factor, 3) uint8 RGB, written in place.
        mask: (H, W) bool.
        factor: size of the picture relative to the mask.
    """
    large = enlarge(mask.astype(np.uint8), factor)
    contours, _ = cv2.findContours(large, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(picture, contours, -1, (0, 0, 0), 3)
    cv2.drawContours(picture, contours, -1, OUTLINE_COLOUR, 1)


def draw_board(game: Game, factor: int) -> NDArray[np.uint8]:
    """Draw the image with both scribbles, their heads and the mask's outline.

    Returns:
        (image_size * factor, image_size * factor, 3) uint8 RGB, a fresh array.
    """
    picture = enlarge(game.sample.image, factor)
    large_labels = enlarge(game.labels, factor)
    picture[large_labels == LABELLED_INSIDE] = INSIDE_COLOUR
    picture[large_labels == LABELLED_OUTSIDE] = OUTSIDE_COLOUR
    draw_outline(picture, game.mask, factor)
    for (row, column), colour in zip(game.heads, (INSIDE_COLOUR, OUTSIDE_COLOUR), strict=True):
        centre = (column * factor + factor // 2, row * factor + factor // 2)
        cv2.circle(picture, centre, 3 * factor // 2 + 2, (0, 0, 0), -1, cv2.LINE_AA)
        cv2.circle(picture, centre, 3 * factor // 2, colour, -1, cv2.LINE_AA)
        cv2.circle(picture, centre, max(1, factor // 2), (255, 255, 255), -1, cv2.LINE_AA)
    return picture


def draw_frame(game: Game) -> NDArray[np.uint8]:
    """Draw the game with a caption that states step and IoU.

    Returns:
        (S + 28, S, 3) uint8 RGB, a fresh array; S is the smallest multiple of the image's size that is at least 384.
    """
    factor = -(-MIN_FRAME_SIZE // game.rules.image_size)
    board = draw_board(game, factor)
    caption = Image.new("RGB", (board.shape[1], CAPTION_HEIGHT), (24, 24, 24))
    iou = f"IoU {game.iou:.3f}   best {game.best_iou:.3f}" if game.iou is not None else "IoU at the end"
    text = f"step {game.step_count}/{game.rules.step_count}   {iou}"
    ImageDraw.Draw(caption).text(
        (10, CAPTION_HEIGHT // 2), text, (235, 235, 235), ImageFont.load_default(15), anchor="lm"
    )
    return np.concatenate([board, np.asarray(caption)])
