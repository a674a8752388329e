"""A flat page with a puzzle grid."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.synthetic.grids.digits import Line, draw_digit, draw_words, shaken
from cutout_rl.data.synthetic.objects.outlines import moved
from cutout_rl.data.synthetic.objects.paint import Colour, fractal

FINENESS: Final = 170.0  # px per unit; the grid is 2 units wide
_SHIFT: Final = 4  # fractional bits of OpenCV's coordinates
_BOXES: Final = {9: (3, 3), 6: (2, 3), 4: (2, 2)}  # rows and columns of a box, by number of cells per side
_LARGEST_MARGIN: Final = 1.3  # units of paper beside the grid
_GAP: Final = 0.08  # units between text and its surroundings


@dataclass(frozen=True)
class Page:
    """The picture of a page.

    Attributes:
        colours: (h, w, 3) float32 in [0, 255].
        grid: (h, w) float32 in [0, 1], the share of a pixel covered by the grid, including its outer lines.
        middle: (x, y) of the grid's centre, px.
    """

    colours: NDArray[np.float32]
    grid: NDArray[np.float32]
    middle: NDArray[np.float64]


class _Sheet:
    """Paper to draw on, in units relative to the grid's centre."""

    def __init__(self, colours: NDArray[np.float32], middle: NDArray[np.float64]) -> None:
        self.colours = colours
        self.middle = middle

    def draw(self, lines: list[Line], width: float, ink: Colour, strength: float = 1.0) -> None:
        """Draw lines that are `width` units wide."""
        stencil = np.zeros(self.colours.shape[:2], np.uint8)
        thickness = max(1, round(width * FINENESS))
        cv2.polylines(stencil, [self.px(line) for line in lines], False, (255,), thickness, cv2.LINE_AA, _SHIFT)
        self.cover(stencil, ink, strength)

    def fill(self, outlines: list[Line], ink: Colour, strength: float = 1.0) -> None:
        """Fill outlines."""
        self.cover(self.filled(outlines), ink, strength)

    def filled(self, outlines: list[Line]) -> NDArray[np.uint8]:
        stencil = np.zeros(self.colours.shape[:2], np.uint8)
        for outline in outlines:
            cv2.fillPoly(stencil, [self.px(outline)], (255,), cv2.LINE_AA, _SHIFT)
        return stencil

    def cover(self, stencil: NDArray[np.uint8], ink: Colour, strength: float) -> None:
        share = np.float32(strength / 255) * stencil[..., None]
        self.colours += (ink - self.colours) * share

    def px(self, line: Line) -> NDArray[np.int32]:
        return np.round((line * FINENESS + self.middle - 0.5) * 2**_SHIFT).astype(np.int32)


def draw_page(rng: np.random.Generator) -> Page:
    """Draw a page: paper, a grid with its content, and text around it."""
    left, top, right, bottom = 1 + rng.uniform(0.08, _LARGEST_MARGIN, 4) ** rng.choice([1, 2])
    height, width = (int(FINENESS * length) for length in (top + bottom, left + right))
    white = rng.uniform(165, 250) * np.array([1, rng.uniform(0.94, 1), rng.uniform(0.8, 1)], np.float32)
    grain = 1 + np.float32(rng.uniform(0, 0.08)) * fractal(rng, height, width)
    sheet = _Sheet(np.asarray(white * grain[..., None], np.float32), FINENESS * np.array([left, top]))
    ink = np.full(3, rng.uniform(5, 90), np.float32) * rng.uniform(0.8, 1.2, 3).astype(np.float32)
    if rng.random() < 0.7:
        _print_text(rng, sheet, ink, (left, top, right, bottom))
    outline = _draw_grid(rng, sheet, ink)
    return Page(sheet.colours, np.asarray(sheet.filled([outline]) / np.float32(255), np.float32), sheet.middle)


def _draw_grid(rng: np.random.Generator, sheet: _Sheet, ink: Colour) -> Line:
    """Draw a grid from -1 to 1; return the outer edge of its outer lines."""
    crossword = rng.random() < 0.2
    n = int(rng.integers(5, 14)) if crossword else int(rng.choice([9, 6, 4], p=[0.75, 0.12, 0.13]))
    shake = rng.uniform(0.004, 0.03) if rng.random() < 0.35 else 0.0  # hand-drawn or printed
    thin = rng.uniform(0.008, 0.02)
    thick = thin if crossword and rng.random() < 0.5 else thin * rng.uniform(1.5, 3.5)
    places = np.linspace(-1 + thick / 2, 1 - thick / 2, n + 1)
    if rng.random() < 0.25:
        sheet.fill([_square(-1, -1, 1, 1)], (sheet.colours.mean(axis=(0, 1)) * rng.uniform(0.85, 1.1)).clip(0, 255))
    if crossword:
        _fill_crossword(rng, sheet, places, ink)
    else:
        _fill_digits(rng, sheet, places, ink)
    rows, columns = (1, 1) if crossword else _BOXES[n]
    light: list[Line] = []
    heavy: list[Line] = []
    edges: list[Line] = []
    for number, place in enumerate(places):
        for swapped, box in ((False, rows), (True, columns)):
            line = shaken(rng, np.array([places[0], place]), np.array([places[-1], place]), shake)
            line = line[:, ::-1] if swapped else line
            outer = number in (0, n)
            (heavy if outer or (not crossword and number % box == 0) else light).append(line)
            if outer:
                edges.append(line)
    sheet.draw(light, thin, ink)
    sheet.draw(heavy, thick, ink)
    upper, left, lower, right = edges
    down, across = np.array([0, thick / 2]), np.array([thick / 2, 0])
    sides = [upper - down, right + across, (lower + down)[::-1], (left - across)[::-1]]
    return np.concatenate(sides)


def _fill_digits(rng: np.random.Generator, sheet: _Sheet, places: NDArray[np.float64], ink: Colour) -> None:
    n, cell = len(places) - 1, places[1] - places[0]
    printed, written = rng.uniform(0.2, 0.5), rng.choice([0, rng.uniform(0, 1)])
    pen = np.array(((20, 30, 120), (70, 70, 75), (25, 25, 30), (150, 30, 30)), np.float32)[rng.integers(4)]
    size, broad = rng.uniform(0.5, 0.75), rng.uniform(0.6, 1.2)
    neat = rng.uniform(0.02, 0.08)
    print_lines: list[Line] = []
    pen_lines: list[Line] = []
    for row, column in np.ndindex(n, n):
        middle = np.array([places[column], places[row]]) + cell / 2
        digit = int(rng.integers(1, n + 1))
        if rng.random() < printed:
            print_lines.append(draw_digit(rng, digit, 0) * (broad * size * cell, size * cell) + middle)
        elif rng.random() < written:
            line = moved(draw_digit(rng, digit, neat), 0, 0, rng.normal(0, 0.12)) * rng.uniform(0.5, 0.85) * cell
            pen_lines.append(line + middle + rng.normal(0, 0.07 * cell, 2))
    sheet.draw(print_lines, rng.uniform(0.11, 0.25) / n, ink)
    sheet.draw(pen_lines, rng.uniform(0.01, 0.02), pen, rng.uniform(0.6, 1))


def _fill_crossword(rng: np.random.Generator, sheet: _Sheet, places: NDArray[np.float64], ink: Colour) -> None:
    n = len(places) - 1
    black = rng.random((n, n)) < rng.uniform(0.05, 0.2)
    black |= black[::-1, ::-1]
    cells = [_square(places[c], places[r], places[c + 1], places[r + 1]) for r, c in np.argwhere(black)]
    sheet.fill(cells, ink)
    cell = places[1] - places[0]
    numbers = [
        draw_digit(rng, int(rng.integers(1, 10)), 0) * 0.3 * cell + np.array([places[c], places[r]]) + 0.22 * cell
        for r, c in np.argwhere(~black)
        if rng.random() < 0.25
    ]
    sheet.draw(numbers, 0.008, ink)


def _print_text(
    rng: np.random.Generator, sheet: _Sheet, ink: Colour, margins: tuple[float, float, float, float]
) -> None:
    """Print lines of text in the margins."""
    left, top, right, bottom = margins
    size = rng.uniform(0.04, 0.08)
    lines: list[Line] = []
    blocks = [
        (-left, -top, right, -1.0),
        (-left, 1.0, right, bottom),
        (-left, -1.0, -1.0, 1.0),
        (1.0, -1.0, right, 1.0),
    ]
    for x0, y0, x1, y1 in blocks:
        if rng.random() < 0.35 or min(x1 - x0, y1 - y0) < 0.25:
            continue
        for y in np.arange(y0 + _GAP + size, y1 - _GAP, rng.uniform(1.6, 2.2) * size):
            words = draw_words(rng, (x1 - x0 - 2 * _GAP) * rng.uniform(0.5, 1), size)
            lines += [word + np.array([x0 + _GAP, y]) for word in words]
    sheet.draw(lines, size * 0.16, ink)


def _square(left: float, top: float, right: float, bottom: float) -> Line:
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
