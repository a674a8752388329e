"""A photograph of a page with a puzzle grid."""

import cv2
import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.synthetic.grids.puzzle_page import FINENESS, Page, draw_page
from cutout_rl.data.synthetic.objects.camera import draw_backdrop, photograph
from cutout_rl.data.synthetic.objects.figures import draw_figure
from cutout_rl.data.synthetic.objects.layers import Canvas, place
from cutout_rl.data.synthetic.objects.paint import draw_colour, fractal, paint_surface
from cutout_rl.data.synthetic.planar_pose import draw_pose, project

CANVAS = 400  # px
_STEEPEST = np.radians(58)
_LARGEST, _SMALLEST = 0.85, 0.25  # width of a grid relative to the canvas
_TRIES = 20  # poses tried at one size
_MARGIN = 1.12  # half sides of a grid that enclose its outer lines, including jitter and bending


def draw_scene(rng: np.random.Generator) -> tuple[Canvas, NDArray[np.float32]]:
    """Draw a scene; return it and the cover of its grid, (400, 400) float32 in [0, 1]."""
    setting = [draw_colour(rng) for _ in range(3)]
    canvas = paint_surface(rng, setting, CANVAS, CANVAS) if rng.random() < 0.6 else draw_backdrop(rng, setting, CANVAS)
    for _ in range(int(rng.integers(0, 3))):
        _lay_paper(rng, canvas)
    for _ in range(int(rng.integers(0, 5))):
        size, middle = CANVAS * rng.uniform(0.1, 0.6), rng.uniform(0, CANVAS, 2)
        thing = place(rng, draw_figure(rng), middle, size, [*setting, draw_colour(rng)], CANVAS)
        if thing is not None:
            thing.put_on(canvas)
    page = draw_page(rng)
    colours, paper, grid = _project_page(rng, page)
    if rng.random() < 0.7:
        _darken(rng, canvas, paper)
    canvas += (colours - canvas) * paper[..., None]
    for _ in range(int(rng.integers(0, 3))):
        canvas *= 1 - np.float32(rng.uniform(0.15, 0.6)) * _shadow(rng)[..., None]
    return photograph(rng, canvas, softest=1.8, noisiest=14), grid


def _project_page(
    rng: np.random.Generator, page: Page
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Project a page so that its whole grid is visible; return its colours and the covers of page and grid."""
    bend, waves = rng.uniform(0, 0.035) * rng.choice([0, 1]), rng.uniform(0.5, 1.6)
    phase, axis = rng.uniform(0, 2 * np.pi), rng.uniform(0, 2 * np.pi)
    across = np.array([np.cos(axis), np.sin(axis)])
    roll = rng.normal(0, 0.35) if rng.random() < 0.75 else rng.uniform(0, 2 * np.pi)
    pose = _pose_inside(rng, roll)
    rows, columns = np.mgrid[:CANVAS, :CANVAS] + 0.5
    x, y, depth = np.tensordot(np.linalg.inv(pose), np.stack([columns, rows, np.ones_like(rows)]), 1)
    plane = np.stack([x / depth, y / depth], axis=2)
    # Bent paper is approximated by a displacement in its plane.
    plane += bend * np.sin(waves * (plane @ across) + phase)[..., None] * across[::-1]
    # OpenCV's coordinates refer to pixel centres. Points behind the camera are mapped outside the page.
    places = np.where(depth[..., None] > 0, plane * FINENESS + page.middle - 0.5, -10).astype(np.float32)
    paper = _remap(np.ones_like(page.grid), places)
    return _remap(page.colours, places, cv2.BORDER_REPLICATE), paper, _remap(page.grid, places)


def _pose_inside(rng: np.random.Generator, roll: float) -> NDArray[np.float64]:
    """Draw a pose in which the whole grid is visible; shrink the grid after failed tries."""
    size, tries = CANVAS * rng.uniform(_SMALLEST, _LARGEST), 0
    while True:
        pose = draw_pose(rng, size, CANVAS * rng.uniform(0.25, 0.75, 2), _STEEPEST, roll)
        corners = project(_MARGIN * np.array([[-1.0, -1], [1, -1], [1, 1], [-1, 1]]), pose)
        if corners.min() >= 0 and corners.max() <= CANVAS:
            return pose
        tries += 1
        size *= 1 if tries % _TRIES else 0.9


def _remap(
    picture: NDArray[np.float32], places: NDArray[np.float32], border: int = cv2.BORDER_CONSTANT
) -> NDArray[np.float32]:
    return np.asarray(
        cv2.remap(picture, places[..., 0], places[..., 1], cv2.INTER_LINEAR, borderMode=border), np.float32
    )


def _lay_paper(rng: np.random.Generator, canvas: Canvas) -> None:
    """Draw another sheet of paper."""
    corners = rng.uniform(0, CANVAS, 2) + CANVAS * rng.uniform(0.3, 0.8) * np.array(
        [(np.cos(angle), np.sin(angle)) for angle in rng.uniform(0, 2 * np.pi) + np.array([0, 1.2, np.pi, np.pi + 1.2])]
    )
    stencil = np.zeros((CANVAS, CANVAS), np.uint8)
    cv2.fillPoly(stencil, [np.round(corners).astype(np.int32)], (255,), cv2.LINE_AA)
    share = np.asarray(stencil / np.float32(255), np.float32)
    _darken(rng, canvas, share)
    paper = rng.uniform(120, 245) * (1 + np.float32(0.05) * fractal(rng, CANVAS, CANVAS))
    canvas += (paper[..., None].astype(np.float32) - canvas) * share[..., None]


def _darken(rng: np.random.Generator, canvas: Canvas, paper: NDArray[np.float32]) -> None:
    """Draw the shadow of a sheet, in place."""
    shift = np.array([[1, 0, rng.normal(0, 5)], [0, 1, rng.normal(0, 5)]])
    moved = cv2.warpAffine(paper, shift, (CANVAS, CANVAS))
    soft = np.asarray(cv2.GaussianBlur(moved, (0, 0), rng.uniform(1, 7)), np.float32)
    canvas *= 1 - np.float32(rng.uniform(0.2, 0.7)) * soft[..., None]


def _shadow(rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw the soft shadow of an object outside the page, such as a hand or the camera."""
    stencil = np.zeros((CANVAS, CANVAS), np.float32)
    outline = np.concatenate([part.outline for part in draw_figure(rng)])
    hull = cv2.convexHull(outline.astype(np.float32))[:, 0]
    points = hull * CANVAS * rng.uniform(0.2, 0.9) + rng.uniform(0, CANVAS, 2)
    cv2.fillPoly(stencil, [np.round(points).astype(np.int32)], (1.0,))
    return np.asarray(cv2.GaussianBlur(stencil, (0, 0), rng.uniform(2, 40)), np.float32)
