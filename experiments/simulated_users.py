"""Simulated users who know the ground truth, and the scribbles, strokes and clicks that each makes.

| users | what they draw | used by |
|---|---|---|
| `SCRIBBLE_USERS` | all scribbles at once | `segmenter_accuracy`, the benchmark |
| `robot_masks` | dots in the largest error (Gulshan et al., CVPR 2010) | `segmenter_accuracy` |
| `next_click` | clicks at the deepest error (Xu et al., CVPR 2016) | `clicks` |
| `CORRECTING_USERS` | a dot or a line in the largest error | `assistance`, `page_latency` |
| `ANNOTATORS` | strokes for the online network | `learn_while_you_draw` |
"""

import math
from collections.abc import Callable, Sequence
from typing import Final, Literal, NamedTuple
from zlib import crc32

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage import draw
from skimage.graph import MCP, MCP_Geometric
from skimage.morphology import skeletonize

from cutout_rl.data import Sample
from cutout_rl.segmenters import INSIDE, OUTSIDE, Label, Segmenter
from cutout_rl.web.edits import Pen, Stroke

# Lengths in pixels of an image whose side is 128; they scale with the image.
REFERENCE_SIZE: Final = 128
PEN_WIDTH: Final = 3.0
RING_DISTANCE: Final = 6.0
SHARE: Final = 0.4
MAX_STROKES: Final = 8
MIN_STROKES: Final = 4
LONGEST_STROKE: Final = 40
SHORTEST_STROKE: Final = 10
# Lengths in pixels of the image as the online network sees it.
ANNOTATION_LENGTH: Final = 12
ANNOTATION_PEN: Final = np.ones((2, 2), np.bool_)

EIGHT_NEIGHBOURS: Final = np.ones((3, 3), np.bool_)
FOUR_NEIGHBOURS: Final = ndimage.generate_binary_structure(2, 1)

Mask = NDArray[np.bool_]
Scribbles = dict[Label, Mask]
Annotator = Literal["corrections", "scribbles", "everything"]


# Users who draw all their scribbles at once


def full_scribbles(sample: Sample) -> Scribbles:
    """Draw the object's whole skeleton, and a ring all round it."""
    return _with_pen(sample, _skeleton(sample.mask), _ring(sample, RING_DISTANCE))


def partial_scribbles(sample: Sample) -> Scribbles:
    """Draw a connected 40 % of the skeleton and of the ring; the choice is seeded by the sample's name."""
    rng = _generator(sample, "partial")
    lines = _skeleton(sample.mask), _ring(sample, RING_DISTANCE)
    return _with_pen(sample, *(_connected_piece(line, round(SHARE * line.sum()), rng) for line in lines))


def short_strokes(sample: Sample) -> Scribbles:
    """Draw four to eight strokes of at most 40 px, the first two inside and outside; seeded by the sample's name.

    Strokes inside follow the skeleton or the contour, strokes outside follow the contour, at random distances.
    """
    rng = _generator(sample, "strokes")
    scale = _scale(sample)
    lines: dict[Label, Mask] = {label: np.zeros_like(sample.mask) for label in (OUTSIDE, INSIDE)}
    depth = float(_distance_to(~sample.mask).max())
    for stroke in range(rng.integers(MIN_STROKES, MAX_STROKES + 1)):
        label = (INSIDE, OUTSIDE)[stroke if stroke < 2 else rng.integers(2)]
        length = round(scale * rng.uniform(SHORTEST_STROKE, LONGEST_STROKE))
        if label == OUTSIDE:
            curve = _ring(sample, rng.uniform(2, 16))
        elif rng.random() < 0.5:
            curve = _skeleton(sample.mask)
        else:
            curve = _level_line(_distance_to(~sample.mask), rng.uniform(0.2, 0.8) * depth)
        lines[label] |= _connected_piece(curve, length, rng)
    return _with_pen(sample, lines[INSIDE], lines[OUTSIDE])


SCRIBBLE_USERS: Final[dict[str, Callable[[Sample], Scribbles]]] = {
    "full": full_scribbles,
    "40 %": partial_scribbles,
    "strokes": short_strokes,
}


# Users who see the current mask and correct it


def robot_masks(segmenter: Segmenter, sample: Sample, dots: int) -> list[Mask]:
    """Place dots in the largest error one after the other, and return the mask after each.

    A dot is as wide as the pen and lies at the deepest pixel of the error. Where no error is left, the last mask is
    repeated.
    """
    session = segmenter.begin(sample.image)
    mask = np.zeros_like(sample.mask)
    masks: list[Mask] = []
    for _ in range(dots):
        error = largest_error(mask, sample)
        if error.any():
            row, column = deepest_pixel(error)
            side = sample.mask == sample.mask[row, column]
            dot = _disc(sample.mask.shape, row, column, _scale(sample) * PEN_WIDTH / 2)
            session.label(np.argwhere(dot & side & ~sample.void), INSIDE if sample.mask[row, column] else OUTSIDE)
            mask = session.cut()
        masks.append(mask)
    return masks


class Click(NamedTuple):
    """A click: the pixel, and whether it belongs to the object."""

    row: int
    column: int
    inside: bool


def next_click(mask: Mask, sample: Sample, clicks: Sequence[Click]) -> Click | None:
    """Choose the next click by the published rule.

    The rule is that of Xu et al. (CVPR 2016), as evaluated by Sofiiuk, Petrov and Konushin (ICIP 2022): of the false
    negatives and the false positives, without void pixels, take the pixel farthest from the edge of its error, where
    the border of the image is an edge too. No pixel is clicked twice.

    Args:
        mask: (H, W) bool, the mask so far.
        sample: the image and its ground truth.
        clicks: the clicks so far.

    Returns:
        The click; None if the mask has no error.
    """
    depths = [_opencv_depth(error & ~sample.void) for error in (sample.mask & ~mask, ~sample.mask & mask)]
    for click in clicks:
        for depth in depths:
            depth[click.row, click.column] = 0
    missed, included = (float(depth.max()) for depth in depths)
    if max(missed, included) == 0:
        return None
    inside = missed > included
    row, column = np.unravel_index(np.argmax(depths[0 if inside else 1]), mask.shape)
    return Click(int(row), int(column), inside)


def _opencv_depth(region: Mask) -> NDArray[np.float32]:
    """Return what `depth_within` does by OpenCV, as the published evaluation does; equal depths differ by rounding."""
    padded = np.pad(region.astype(np.uint8), 1)
    return np.asarray(cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1], np.float32)


CorrectingUser = Callable[[Mask, Sample], Stroke | None]


def draw_dot(mask: Mask, sample: Sample) -> Stroke | None:
    """Draw a dot at the deepest pixel of the largest error; None if there is no error.

    Args:
        mask: (H, W) bool, the current mask.
        sample: the image and its ground truth.
    """
    error = largest_error(mask, sample)
    return _dot(error, _pen(error, sample), sample) if error.any() else None


def draw_line(mask: Mask, sample: Sample) -> Stroke | None:
    """Draw along the middle of the largest error, at most 40 px of a 128 px image; None if there is no error.

    The line follows the longest path in the skeleton of the error's core: the pixels at least half as deep as the
    deepest one and connected to it. The pen is narrow enough to stay within the error.

    Args:
        mask: (H, W) bool, the current mask.
        sample: the image and its ground truth.
    """
    error = largest_error(mask, sample)
    if not error.any():
        return None
    depth = depth_within(error)
    parts, _ = ndimage.label(2 * depth >= depth.max(), structure=EIGHT_NEIGHBOURS)
    path = _longest_path(_skeleton(parts == parts.flat[np.argmax(depth)]))
    excess = max(0, len(path) - round(LONGEST_STROKE * _scale(sample)))
    path = path[excess // 2 : len(path) - (excess - excess // 2)]
    shallowest = min(depth[row, column] for row, column in path)
    return _stroke(_pen(error, sample), path, shallowest, sample)


def start_dots(sample: Sample) -> tuple[Stroke, Stroke]:
    """Draw a dot at the deepest pixel of the object and one at that of the background, as an agent's start points."""
    return _dot(sample.mask, "inside", sample), _dot(~sample.mask & ~sample.void, "outside", sample)


CORRECTING_USERS: Final[dict[str, CorrectingUser]] = {"dots": draw_dot, "lines": draw_line}


# Annotators of the images that the online network learns from; all keep within the contour


def correct(sample: Sample, predicted: Mask, rng: np.random.Generator) -> Mask | None:
    """Draw along the middle of the largest error, starting at its deepest pixel; None if there is no error.

    Args:
        sample: the image and its ground truth.
        predicted: (H, W) bool, the network's mask.
        rng: unused.

    Returns:
        (H, W) bool, the stroke.
    """
    error = largest_error(predicted, sample, FOUR_NEIGHBOURS)
    if not error.any():
        return None
    start = deepest_pixel(error)
    path = _skeleton(error)
    path[start] = True
    near = ndimage.binary_dilation(path, EIGHT_NEIGHBOURS) & error  # connects the deepest pixel to the skeleton
    router = MCP(np.where(path, 1.0, np.where(near, 2.0, -1.0)), fully_connected=True)
    travelled, _ = router.find_costs([start])
    end = np.unravel_index(np.argmax(np.where(travelled <= ANNOTATION_LENGTH, travelled, -1)), travelled.shape)
    stroke = np.zeros_like(error)
    stroke[tuple(np.transpose(router.traceback(end)))] = True
    return _with_annotation_pen(sample, stroke, bool(sample.mask[start]))


def scribble(sample: Sample, predicted: Mask, rng: np.random.Generator) -> Mask | None:
    """Draw a straight line from a random pixel in a random direction, up to the contour or the border of the image.

    Args:
        sample: the image and its ground truth.
        predicted: unused.
        rng: source of the pixel and the direction.

    Returns:
        (H, W) bool, the stroke.
    """
    known = np.argwhere(~sample.void)
    row, column = known[rng.integers(len(known))]
    angle = rng.uniform(0, 2 * np.pi)
    end = np.array((row, column)) + ANNOTATION_LENGTH * np.array((np.sin(angle), np.cos(angle)))
    rows, columns = draw.line(row, column, *np.round(end).astype(int))  # type: ignore[no-untyped-call]
    height, width = sample.mask.shape
    path = np.zeros_like(sample.mask)
    for r, c in zip(rows, columns, strict=True):
        if not (0 <= r < height and 0 <= c < width and sample.mask[r, c] == sample.mask[row, column]):
            break
        path[r, c] = True
    return _with_annotation_pen(sample, path, bool(sample.mask[row, column]))


def annotate_everything(sample: Sample, predicted: Mask, rng: np.random.Generator) -> Mask | None:
    """Return all pixels that are not void; the other arguments are unused. An upper bound, not a realistic user."""
    return ~sample.void


ANNOTATORS: Final[dict[Annotator, Callable[[Sample, Mask, np.random.Generator], Mask | None]]] = {
    "corrections": correct,
    "scribbles": scribble,
    "everything": annotate_everything,
}


# Geometry shared by all users


def largest_error(mask: Mask, sample: Sample, neighbours: Mask = EIGHT_NEIGHBOURS) -> Mask:
    """Return the largest connected error of a mask, (H, W) bool.

    False negatives and false positives do not connect.
    """
    largest = np.zeros_like(sample.mask)
    for kind in (sample.mask & ~mask, mask & ~sample.mask):
        parts, count = ndimage.label(kind & ~sample.void, structure=neighbours)
        if count:
            sizes = np.bincount(parts.ravel())[1:]
            if sizes.max() > np.count_nonzero(largest):
                largest = parts == 1 + np.argmax(sizes)
    return largest


def depth_within(region: Mask) -> NDArray[np.float64]:
    """Return each pixel's distance to the nearest pixel outside a region or outside the image, in pixels."""
    return np.asarray(ndimage.distance_transform_edt(np.pad(region, 1))[1:-1, 1:-1], dtype=np.float64)


def deepest_pixel(region: Mask) -> tuple[int, int]:
    """Return the row and column of a region's deepest pixel, the first of several."""
    row, column = np.unravel_index(np.argmax(depth_within(region)), region.shape)
    return int(row), int(column)


def _dot(region: Mask, pen: Pen, sample: Sample) -> Stroke:
    return _stroke(pen, [deepest_pixel(region)], float(depth_within(region).max()), sample)


def _pen(error: Mask, sample: Sample) -> Pen:
    return "inside" if sample.mask[error][0] else "outside"


def _stroke(pen: Pen, path: list[tuple[int, int]], depth: float, sample: Sample) -> Stroke:
    width = max(1, min(round(PEN_WIDTH * _scale(sample)), math.floor(2 * (depth - 1))))
    return Stroke(pen, width, tuple((float(column), float(row)) for row, column in path))


def _longest_path(skeleton: Mask) -> list[tuple[int, int]]:
    """Return the pixels of the longest shortest path in a connected skeleton without loops."""
    costs: NDArray[np.float64] = np.where(skeleton, 1.0, -1.0)
    end = tuple(np.argwhere(skeleton)[0])
    for _ in range(2):  # the pixel farthest from any pixel is one end, the pixel farthest from that end is the other
        router = MCP_Geometric(costs)
        travelled, _ = router.find_costs([end])
        end = np.unravel_index(np.argmax(np.where(np.isfinite(travelled), travelled, -1.0)), travelled.shape)
    return [(int(row), int(column)) for row, column in router.traceback(end)]


def _scale(sample: Sample) -> float:
    return len(sample.mask) / REFERENCE_SIZE


def _generator(sample: Sample, kind: str) -> np.random.Generator:
    return np.random.default_rng(crc32(f"{kind} {sample.name}".encode()))


def _distance_to(pixels: Mask) -> NDArray[np.float64]:
    """Return each pixel's distance to the nearest of some pixels, without regard to the border of the image."""
    return np.asarray(ndimage.distance_transform_edt(~pixels), dtype=np.float64)


def _skeleton(region: Mask) -> Mask:
    return np.asarray(skeletonize(region), dtype=np.bool_)  # type: ignore[no-untyped-call]


def _ring(sample: Sample, distance: float) -> Mask:
    """Return a ring round the object at a distance, or closer where the image does not extend that far."""
    away = _distance_to(sample.mask)
    distance = _scale(sample) * distance
    return _level_line(away, min(distance, float(away.max()) / 2))


def _level_line(height: NDArray[np.float64], level: float) -> Mask:
    """Return the thin line where a distance map crosses a level."""
    higher = height >= level
    return np.asarray(higher & ndimage.binary_dilation(~higher), dtype=np.bool_)


def _connected_piece(line: Mask, length: int, rng: np.random.Generator) -> Mask:
    """Return the pixels of a line that are nearest, along the line, to a random pixel of it."""
    pixels = np.argwhere(line)
    if len(pixels) == 0:
        return line
    travelled, _ = MCP(np.where(line, 1.0, -1.0), fully_connected=True).find_costs([pixels[rng.integers(len(pixels))]])
    order = np.argsort(travelled.ravel(), kind="stable")[: max(length, 1)]
    piece = np.zeros(line.size, dtype=bool)
    piece[order] = np.isfinite(travelled.ravel()[order])
    return piece.reshape(line.shape)


def _with_pen(sample: Sample, inside: Mask, outside: Mask) -> Scribbles:
    """Draw lines with the pen's width, without crossing the contour."""
    reach = _scale(sample) * PEN_WIDTH / 2
    sides = {INSIDE: (inside, sample.mask), OUTSIDE: (outside, ~sample.mask)}
    return {
        label: (_distance_to(line) < reach) & side & ~sample.void if line.any() else line
        for label, (line, side) in sides.items()
    }


def _with_annotation_pen(sample: Sample, path: Mask, inside: bool) -> Mask:
    drawn = ndimage.binary_dilation(path, ANNOTATION_PEN)
    return np.asarray(drawn & (sample.mask == inside) & ~sample.void, np.bool_)


def _disc(shape: tuple[int, ...], row: int, column: int, radius: float) -> Mask:
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return np.asarray((rows - row) ** 2 + (columns - column) ** 2 < radius**2)
