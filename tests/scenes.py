"""Small synthetic images and games for the tests."""

import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.source import Sample
from cutout_rl.game.game import Game, Point
from cutout_rl.game.game_settings import GameSettings
from cutout_rl.game.reward import RewardKind
from cutout_rl.game.rules import Rules
from cutout_rl.game.strokes import draw_stroke, pen_tip
from cutout_rl.segmenters import Label, Session, make_segmenter


def blob_sample(size: int = 32, seed: int = 0, void: bool = False) -> Sample:
    """Draw a noisy light ellipse on a dark background; with `void`, its contour is void."""
    rng = np.random.default_rng(seed)
    rows, columns = np.ogrid[:size, :size]
    centre = size / 2 + rng.uniform(-size / 10, size / 10, 2)
    radii = size * rng.uniform(0.2, 0.3, 2)
    distance = ((rows - centre[0]) / radii[0]) ** 2 + ((columns - centre[1]) / radii[1]) ** 2
    mask = np.asarray(distance < 1)
    ground = np.where(mask[..., None], (190, 150, 120), (60, 80, 110))
    image = np.clip(ground + rng.normal(0, 25, (size, size, 3)), 0, 255).astype(np.uint8)
    rim = np.asarray((distance > 0.8) & (distance < 1.2)) if void else np.zeros((size, size), np.bool_)
    return Sample(image, mask, rim, f"blob{seed}")


def corner_starts(sample: Sample) -> tuple[Point, Point]:
    """Return start points at the centre of the object and in the corner."""
    row, column = np.argwhere(sample.mask).mean(axis=0).round().astype(int).tolist()
    return (row, column), (0, 0)


def blob_game(
    size: int = 32,
    seed: int = 0,
    void: bool = False,
    reward: RewardKind = "iou",
    start: tuple[Point, Point] | None = None,
    segmenter: str = "graphcut",
    step_len: int = 6,
    step_count: int = 12,
    pen_width: int = 3,
    stop_action: bool = False,
    shaping_gamma: float = 0.97,
) -> Game:
    """Start a game on a blob."""
    sample = blob_sample(size, seed, void)
    rules = Rules(size, step_len, step_count, pen_width, stop_action)
    settings = GameSettings(rules, make_segmenter(segmenter), reward, shaping_gamma)
    return Game(sample, start or corner_starts(sample), settings)


def stroke(
    labels: NDArray[np.uint8], head: Point, direction: Point, length: int, pen_width: int, label: int
) -> NDArray[np.int32]:
    """Draw a stroke into the labels, and return the (N, 2) pixels that it has labelled."""
    marked = np.zeros((labels.size, 2), np.int32)
    return marked[: draw_stroke(labels, *head, *direction, length, pen_tip(pen_width), label, marked)]


def plain_iou(mask: NDArray[np.bool_], truth: NDArray[np.bool_], void: NDArray[np.bool_]) -> float:
    """Compute the IoU from sets of pixels."""
    known = set(np.flatnonzero(~void).tolist())
    ours, theirs = (set(np.flatnonzero(pixels).tolist()) & known for pixels in (mask, truth))
    return len(ours & theirs) / len(ours | theirs) if ours | theirs else 1.0


def add(session: Session, pixels: NDArray[np.integer], label: Label) -> NDArray[np.bool_]:
    """Label more pixels and cut again."""
    session.label(pixels, label)
    return session.cut()
