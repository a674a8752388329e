"""The pictures of this site that no command of the package draws: `python docs/pictures.py` (5 seconds)."""

from pathlib import Path
from typing import Final

import gymnasium
import numpy as np
from PIL import Image, ImageDraw, ImageFont

import cutout_rl  # noqa: F401 - registers the environment

IMAGES: Final = Path(__file__).parent / "images"
ENVIRONMENT: Final = "cutout_rl/CutOut-v0"
WORKED_ACTIONS: Final = (6, 5)  # of docs/environment.md: the inside pen moves W, then SW
GAP, CAPTION_HEIGHT = 12, 60  # px
CARD_SIZE: Final = (1200, 630)  # px, as the Open Graph protocol's readers crop it
CARD_TEXT: Final = "A Gymnasium environment\nfor interactive segmentation\nwith two pens and a graph cut"


def worked_boards() -> tuple[list[Image.Image], list[float]]:
    """Return the boards of the worked example and their IoUs: the start, and one after each action."""
    env = gymnasium.make(ENVIRONMENT, split="test", step_count=len(WORKED_ACTIONS), render_mode="rgb_array")
    _, info = env.reset(seed=7)
    frames, ious = [env.render()], [info["iou"]]
    for action in WORKED_ACTIONS:
        *_, info = env.step(action)
        frames.append(env.render())
        ious.append(info["iou"])
    boards = [Image.fromarray(np.asarray(frame)) for frame in frames]
    return [board.crop((0, 0, board.width, board.width)) for board in boards], ious


def worked_row(boards: list[Image.Image], ious: list[float]) -> Image.Image:
    """Return the boards side by side, each with its IoU below, in letters that can be read on a phone."""
    side = boards[0].width
    row = Image.new("RGBA", (len(boards) * (side + GAP) - GAP, side + CAPTION_HEIGHT))
    draw = ImageDraw.Draw(row)
    for i, (board, iou) in enumerate(zip(boards, ious, strict=True)):
        left = i * (side + GAP)
        row.paste(board, (left, 0))
        draw.rectangle((left, side, left + side - 1, side + CAPTION_HEIGHT), (24, 24, 24))
        text = f"{f'step {i}' if i else 'start'}: IoU {iou:.3f}"
        draw.text((left + 14, side + CAPTION_HEIGHT // 2), text, "white", ImageFont.load_default(36), anchor="lm")
    return row


def social_card(board: Image.Image) -> Image.Image:
    """Return the picture that other sites show beside a link to this one: name, description and a board."""
    card = Image.new("RGB", CARD_SIZE, (40, 53, 147))
    side = CARD_SIZE[1] - 120
    card.paste(board.resize((side, side)), (CARD_SIZE[0] - side - 60, 60))
    draw = ImageDraw.Draw(card)
    draw.text((60, 190), "CutOut-RL", "white", ImageFont.load_default(84))
    draw.multiline_text((60, 320), CARD_TEXT, (215, 220, 250), ImageFont.load_default(36), spacing=14)
    return card


def main() -> None:
    """Draw all pictures."""
    boards, ious = worked_boards()
    worked_row(boards, ious).save(IMAGES / "worked-reward.webp", lossless=True, method=6)
    social_card(boards[1]).save(IMAGES / "social-card.jpg", quality=88)


if __name__ == "__main__":
    main()
