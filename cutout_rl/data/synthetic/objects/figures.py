"""Figures composed of outlines: shapes, piles, animals, people, vehicles, plants and riders."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from cutout_rl.data.synthetic.objects.outlines import Outline, blob, box, limb, moved, polygon

HOLE: Final = -1


@dataclass(frozen=True)
class Part:
    """An outline and the index of its paint; `HOLE` makes it transparent."""

    outline: Outline
    paint: int


def shape(rng: np.random.Generator) -> list[Part]:
    """Draw one outline, sometimes with a patch or a hole."""
    width, height = np.exp(rng.normal(0, 0.35, 2))
    outline = (blob, box, polygon)[rng.choice(3, p=[0.5, 0.25, 0.25])](rng, width, height)
    parts = [Part(moved(outline, 0, 0, rng.uniform(0, 2 * np.pi)), 0)]
    middle = moved(blob(rng, 0.45 * width, 0.45 * height), *rng.normal(0, 0.12, 2))
    if rng.random() < 0.2:
        parts.append(Part(middle, HOLE))
    elif rng.random() < 0.4:
        parts.append(Part(middle, 1))
    return parts


def cluster(rng: np.random.Generator) -> list[Part]:
    """Draw a pile of overlapping outlines."""
    parts, x, y = [], 0.0, 0.0
    for k in range(int(rng.integers(2, 6))):
        width, height = np.exp(rng.normal(-0.5, 0.35, 2))
        draw = (blob, box, polygon)[int(rng.integers(3))]
        parts.append(Part(moved(draw(rng, width, height), x, y, rng.uniform(0, 2 * np.pi)), k % 3))
        angle = rng.uniform(0, 2 * np.pi)
        x, y = x + 0.8 * width * np.cos(angle), y + 0.8 * height * np.sin(angle)
    return parts


def animal(rng: np.random.Generator) -> list[Part]:
    """Draw a body with two to four legs, neck, head and mostly a tail."""
    long, tall = rng.uniform(0.7, 1.1), rng.uniform(0.3, 0.6)
    legs, thick = rng.uniform(0.4, 1.1), rng.uniform(0.12, 0.3)
    parts = []
    for k in range(int(rng.integers(2, 5))):
        x = long * (0.65 if k % 2 else -0.65) + rng.normal(0, 0.12)
        parts.append(Part(limb(rng, (x, 0.3 * tall), np.pi / 2 + rng.normal(0, 0.3), legs + tall, thick)[0], k // 2))
    if rng.random() < 0.8:
        angle = np.pi + rng.normal(0, 0.7)
        parts.append(Part(limb(rng, (-0.9 * long, -0.2 * tall), angle, rng.uniform(0.3, 1), 0.12)[0], 0))
    neck, end = limb(rng, (0.75 * long, -0.2 * tall), rng.normal(-0.7, 0.6), rng.uniform(0.3, 1.2), 0.8 * tall)
    head = blob(rng, rng.uniform(0.22, 0.4), rng.uniform(0.15, 0.3))
    parts += [Part(neck, 0), Part(moved(head, end[0] + 0.1, end[1]), int(rng.random() < 0.3))]
    parts.append(Part(blob(rng, long, tall, 0.15), 0))
    if rng.random() < 0.4:
        parts.append(Part(moved(blob(rng, 0.4 * long, 0.5 * tall), rng.normal(0, 0.3), 0), 1))
    return parts


def person(rng: np.random.Generator) -> list[Part]:
    """Draw a torso with arms, legs and a head, in different colours, sometimes with a carried object."""
    broad, tall = rng.uniform(0.22, 0.4), rng.uniform(0.4, 0.6)
    thick = rng.uniform(0.14, 0.26)
    parts = []
    for side in (-1, 1):
        hip, shoulder = (0.5 * side * broad, 0.8 * tall), (0.85 * side * broad, -0.75 * tall)
        leg = limb(rng, hip, np.pi / 2 + rng.normal(0, 0.35), rng.uniform(0.8, 1.1), 1.3 * thick)
        arm = limb(rng, shoulder, np.pi / 2 - side * rng.gamma(2.0, 0.4), rng.uniform(0.7, 1), thick)
        parts += [Part(leg[0], 1), Part(arm[0], int(rng.choice([0, 2])))]
        parts.append(Part(moved(blob(rng, 0.9 * thick, 0.6 * thick), *leg[1]), 3))
    parts.append(Part(moved(box(rng, broad, tall), 0, 0), 0))
    parts.append(Part(limb(rng, (0, -0.9 * tall), -np.pi / 2, 0.25, 0.16)[0], 2))
    parts.append(Part(moved(blob(rng, 0.19, 0.25, 0.1), rng.normal(0, 0.05), -tall - 0.3), 2))
    if rng.random() < 0.7:
        parts.append(Part(moved(blob(rng, 0.2, 0.13, 0.2), 0, -tall - 0.45), 3))
    if rng.random() < 0.3:
        carried = (blob, box, polygon)[int(rng.integers(3))](rng, *rng.uniform(0.15, 0.45, 2))
        parts.append(Part(moved(carried, *rng.normal(0, 0.4, 2)), 4))
    return parts


def vehicle(rng: np.random.Generator) -> list[Part]:
    """Draw a body with a cabin, windows and wheels, some of which are rings."""
    long, tall = 1.0, rng.uniform(0.18, 0.5)
    cabin, height = rng.uniform(0.4, 0.95), rng.uniform(0.15, 0.45)
    x, radius = rng.normal(0, 0.15), rng.uniform(0.15, 0.35)
    parts = [Part(moved(box(rng, cabin, height), x, -tall - 0.6 * height), 0), Part(box(rng, long, tall), 0)]
    windows = int(rng.integers(0, 5))
    for k in range(windows):
        place = x + cabin * ((2 * k + 1) / windows - 1)
        parts.append(Part(moved(box(rng, 0.75 * cabin / windows, 0.5 * height), place, -tall - 0.6 * height), 1))
    if rng.random() < 0.4:
        parts.append(Part(moved(box(rng, long, 0.15 * tall), 0, rng.uniform(-0.5, 0.5) * tall), 2))
    for side in (-1, 1):
        hub = (0.65 * side * long, tall)
        parts.append(Part(moved(blob(rng, radius, radius, 0.0), *hub), 3))
        inner = rng.uniform(0.5, 0.85) * radius
        parts.append(Part(moved(blob(rng, inner, inner, 0.0), *hub), HOLE if rng.random() < 0.15 else 4))
    return parts


def branching(rng: np.random.Generator) -> list[Part]:
    """Draw a blob with limbs, like a plant, a bird or a chair."""
    width, height = rng.uniform(0.3, 0.8, 2)
    parts = []
    for _ in range(int(rng.integers(1, 7))):
        angle = rng.uniform(0, 2 * np.pi)
        start = (0.7 * width * np.cos(angle), 0.7 * height * np.sin(angle))
        outline, end = limb(rng, start, angle, rng.uniform(0.3, 1.2), rng.uniform(0.1, 0.4))
        parts.append(Part(outline, int(rng.random() < 0.25)))
        if rng.random() < 0.35:
            parts.append(Part(moved(blob(rng, *rng.uniform(0.12, 0.35, 2)), *end), int(rng.integers(3))))
    return [*parts, Part(blob(rng, width, height), 0)]


def rider(rng: np.random.Generator) -> list[Part]:
    """Draw a person on an animal or a vehicle."""
    mount = animal(rng) if rng.random() < 0.5 else vehicle(rng)
    size, x = rng.uniform(0.5, 0.9), rng.normal(0, 0.2)
    return mount + [
        Part(size * part.outline + np.array([x, -0.8]), part.paint + 1 if part.paint != HOLE else HOLE)
        for part in person(rng)
    ]


_KINDS: Final[tuple[tuple[Callable[[np.random.Generator], list[Part]], float], ...]] = (
    (shape, 0.2),
    (cluster, 0.15),
    (animal, 0.2),
    (person, 0.17),
    (vehicle, 0.13),
    (branching, 0.08),
    (rider, 0.07),
)
_WEIGHTS: Final = [weight for _, weight in _KINDS]


def draw_figure(rng: np.random.Generator) -> list[Part]:
    """Draw a figure of a random kind, randomly mirrored, stretched and rotated; centred, 2 units wide."""
    parts = _KINDS[rng.choice(len(_KINDS), p=_WEIGHTS)][0](rng)
    stretch = np.exp(rng.normal(0, 0.15, 2)) * rng.choice([-1, 1])
    stretch[1] = abs(stretch[1])
    turn = rng.normal(0, 0.15) if rng.random() < 0.8 else rng.uniform(0, 2 * np.pi)
    outlines = [moved(part.outline * stretch, 0, 0, turn) for part in parts]
    points = np.concatenate(outlines)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = 2 / (high - low).max()
    return [
        Part((outline - (low + high) / 2) * scale, part.paint) for outline, part in zip(outlines, parts, strict=True)
    ]
