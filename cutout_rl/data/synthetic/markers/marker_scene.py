"""A photograph of a cluttered scene, with or without a marker."""

import cv2
import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.synthetic.markers.marker import CELLS, Cells, draw_decoy, draw_marker
from cutout_rl.data.synthetic.objects.camera import draw_backdrop, photograph
from cutout_rl.data.synthetic.objects.figures import draw_figure
from cutout_rl.data.synthetic.objects.layers import Canvas, place
from cutout_rl.data.synthetic.objects.paint import draw_colour, fractal
from cutout_rl.data.synthetic.planar_pose import draw_pose, project

CANVAS = 500  # px
SMALLEST, LARGEST = 30, 300  # width of a marker, px
_STEEPEST = np.radians(60)
_CORNERS = np.array([[-1.0, -1], [1, -1], [1, 1], [-1, 1]])
_EDGE = 2  # least distance of a marker from the image's border, px
_SHIFT = 4  # fractional bits of OpenCV's coordinates
_FINENESS = 24  # px per cell before projection


def draw_scene(rng: np.random.Generator, present: bool) -> tuple[Canvas, NDArray[np.float32]]:
    """Draw a scene; return it and the cover of its marker, (500, 500) float32 in [0, 1], all 0 without a marker."""
    setting = [draw_colour(rng) for _ in range(4)]
    canvas = draw_backdrop(rng, setting, CANVAS)
    for _ in range(int(rng.integers(3, 15))):
        size, middle = CANVAS * rng.uniform(0.05, 0.5), rng.uniform(0, CANVAS, 2)
        thing = place(rng, draw_figure(rng), middle, size, [*setting, draw_colour(rng)], CANVAS)
        if thing is not None:
            thing.put_on(canvas)
    for _ in range(int(rng.integers(0, 4))):
        size = np.exp(rng.uniform(np.log(SMALLEST), np.log(LARGEST)))
        pose = draw_pose(rng, size, rng.uniform(0, CANVAS, 2), _STEEPEST, rng.uniform(0, 2 * np.pi))
        _paste(rng, canvas, draw_decoy(rng), pose)
    cover = np.zeros((CANVAS, CANVAS), np.float32)
    size = np.exp(rng.uniform(np.log(SMALLEST), np.log(LARGEST)))
    if present:
        cover = _paste(rng, canvas, draw_marker(rng), pose_inside(rng, size))
    if rng.random() < 0.4:
        canvas *= 1 - np.float32(rng.uniform(0.2, 0.6)) * _shadow(rng)[..., None]
    return photograph(rng, _motion_blur(rng, canvas, size), softest=max(0.5, min(2.5, size / 25)), noisiest=12), cover


def pose_inside(rng: np.random.Generator, size: float) -> NDArray[np.float64]:
    """Draw a pose (see `draw_pose`) in which a marker of `size` px is completely visible."""
    while True:
        pose = draw_pose(rng, size, rng.uniform(0, CANVAS, 2), _STEEPEST, rng.uniform(0, 2 * np.pi))
        corners = project(_CORNERS, pose)
        if corners.min() >= _EDGE and corners.max() <= CANVAS - _EDGE:
            return pose


def _paste(rng: np.random.Generator, canvas: Canvas, cells: Cells, pose: NDArray[np.float64]) -> NDArray[np.float32]:
    """Draw a card of black and white cells with its shadow, in place; return its cover."""
    ink, paper = rng.uniform(5, 60), rng.uniform(150, 250)
    tint = rng.normal(1, 0.04, 3)
    levels = np.where(cells, ink, paper)[..., None] * tint
    card = np.repeat(np.repeat(levels, _FINENESS, axis=0), _FINENESS, axis=1).astype(np.float32)
    corners = project(_CORNERS, pose)
    side = np.sqrt(np.prod(np.ptp(corners, axis=0)))
    fineness = max(int(side), CELLS)  # not finer than its projection
    scale = fineness / 2
    to_plane = np.array([[1 / scale, 0, 0.5 / scale - 1], [0, 1 / scale, 0.5 / scale - 1], [0, 0, 1]])
    # OpenCV's coordinates refer to pixel centres.
    to_px = np.array([[1.0, 0, -0.5], [0, 1, -0.5], [0, 0, 1]]) @ pose @ to_plane
    colours = cv2.warpPerspective(
        cv2.resize(card, (fineness, fineness), interpolation=cv2.INTER_AREA),
        to_px,
        (CANVAS, CANVAS),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    colours *= (1 + np.float32(rng.uniform(0, 0.35)) * fractal(rng, CANVAS, CANVAS))[..., None]
    cover: NDArray[np.float32] = cover_of(corners)
    if rng.random() < 0.6:
        away = rng.normal(0, 0.03 * side, 2)
        soft = cv2.GaussianBlur(cover_of(corners + away), (0, 0), rng.uniform(1, 0.06 * side + 1.5))
        canvas *= (1 - np.float32(rng.uniform(0.2, 0.7)) * soft)[..., None]
    # Outside the card the projected colours are ignored; on the plane's horizon they are NaN.
    np.copyto(canvas, canvas + (colours - canvas) * cover[..., None], where=cover[..., None] > 0)
    return cover


def cover_of(corners: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the share of each pixel covered by a card with (4, 2) corners, (500, 500) float32 in [0, 1]."""
    stencil = np.zeros((CANVAS, CANVAS), np.uint8)
    points = np.round((corners - 0.5) * 2**_SHIFT).astype(np.int32)
    cv2.fillPoly(stencil, [points], (255,), cv2.LINE_AA, _SHIFT)
    return np.asarray(stencil / np.float32(255), np.float32)


def _shadow(rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw a soft-edged shadow over part of the scene."""
    angle, edge = rng.uniform(0, 2 * np.pi), rng.uniform(0.2, 0.8) * CANVAS
    rows, columns = np.mgrid[:CANVAS, :CANVAS].astype(np.float32)
    along = (columns - CANVAS / 2) * np.cos(angle) + (rows - CANVAS / 2) * np.sin(angle) + CANVAS / 2
    wave = rng.uniform(0, 80) * fractal(rng, CANVAS, CANVAS)
    return np.asarray(np.clip((along + wave - edge) / rng.uniform(4, 60) + 0.5, 0, 1), np.float32)


def _motion_blur(rng: np.random.Generator, canvas: Canvas, size: float) -> Canvas:
    """Apply motion blur in 40 % of the scenes, limited so that a marker of `size` px stays legible."""
    if rng.random() < 0.6:
        return canvas
    reach = max(3, int(rng.uniform(2, min(15, size / 5))) | 1)
    angle = rng.uniform(0, np.pi)
    kernel = np.zeros((reach, reach), np.float32)
    middle, half = reach // 2, reach / 2
    end = np.round(middle + half * np.array([np.cos(angle), np.sin(angle)])).astype(int)
    start = 2 * middle - end
    cv2.line(kernel, tuple(start.tolist()), tuple(end.tolist()), (1.0,), 1, cv2.LINE_8)
    return np.asarray(cv2.filter2D(canvas, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT), np.float32)
