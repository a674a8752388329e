"""Random sampling of a person's parameters."""

from bisect import bisect_right
from dataclasses import fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.synthetic.faces.arrays import Float64
from cutout_rl.data.synthetic.faces.hair_styles import BALD_STYLES, HAIR_STYLES
from cutout_rl.data.synthetic.faces.parameters import Appearance, Expression, Light, Person, Pose, Shape
from cutout_rl.data.synthetic.faces.srgb import srgb_to_linear

# sRGB anchors, chosen by eye: skin from light to dark, hair with its frequencies, irises.
_SKIN = np.array(
    [[246, 214, 194], [236, 192, 164], [221, 168, 134], [198, 140, 104], [160, 106, 74], [116, 74, 52], [74, 47, 36]]
)
_HAIR = np.array(
    [
        [22, 18, 17],
        [44, 30, 23],
        [74, 48, 32],
        [112, 74, 44],
        [160, 116, 70],
        [206, 168, 112],
        [142, 66, 34],
        [176, 172, 168],
    ]
)
_HAIR_WEIGHTS = np.array([0.24, 0.2, 0.15, 0.11, 0.09, 0.08, 0.06, 0.07])
_IRIS = np.array([[62, 38, 24], [96, 62, 34], [108, 102, 62], [86, 112, 132], [104, 124, 92]])
_SKIN_STOPS, _LINEAR_SKIN = np.arange(len(_SKIN)), srgb_to_linear(_SKIN)
_LINEAR_HAIR, _LINEAR_IRIS = ([srgb_to_linear(colour) for colour in table] for table in (_HAIR, _IRIS))
_DARK_HAIR = np.arange(len(_HAIR)) < 3


def cumulative(weights: NDArray[np.float64]) -> list[float]:
    """Return the cumulative probabilities of weights, as `numpy.random.Generator.choice` computes them."""
    sums = (weights / weights.sum()).cumsum()
    listed: list[float] = (sums / sums[-1]).tolist()
    return listed


def pick(rng: np.random.Generator, cumulative: list[float]) -> int:
    """Draw an index, the one that `choice` would draw; checking its arguments costs that more than the draw."""
    return bisect_right(cumulative, rng.random())


def _style_probabilities(masculine: bool) -> list[float]:
    """Return cumulative probabilities: long hair is more frequent for women, shaved heads for men."""
    styles = HAIR_STYLES.values()
    weights = np.array([style.weight for style in styles])
    long = np.array([style.length >= 1.0 for style in styles])
    shaven = np.array([style.count == 0 for style in styles])
    return cumulative(
        weights * np.where(long, 0.4 if masculine else 2.5, 1.0) * np.where(shaven, 1.4 if masculine else 0.15, 1.0)
    )


_STYLES: Final = list(HAIR_STYLES)
_STYLES_WITH_HAIR: Final = [name for name in HAIR_STYLES if name not in BALD_STYLES]
_STYLE_PROBABILITIES: Final = (_style_probabilities(False), _style_probabilities(True))
_HATS, _HAT_PROBABILITIES = ("", "beanie", "cap"), cumulative(np.array([0.86, 0.08, 0.06]))
_GLASSES, _GLASSES_PROBABILITIES = ("", "round", "square", "shades"), cumulative(np.array([0.78, 0.08, 0.09, 0.05]))
_PATTERN_PROBABILITIES: Final = cumulative(np.array([0.36, 0.13, 0.12, 0.11, 0.28]))
_PARTINGS, _COLLARS = (-0.35, 0.0, 0.35), ("crew", "v", "high", "shirt")
# Means of the shape's parameters for men; the opposite for women.
_LEAN: Final = np.array(
    [
        {
            "jaw": 0.5,
            "brow": 0.7,
            "chin": 0.3,
            "nose_width": 0.3,
            "lips": -0.5,
            "neck": 0.9,
            "shoulders": 0.9,
            "eye_size": -0.3,
        }.get(field.name, 0.0)
        for field in fields(Shape)
    ]
)


def _clamp(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


def _direction(azimuth: float, elevation: float) -> Float64:
    return np.array([np.sin(azimuth) * np.cos(elevation), np.sin(elevation), np.cos(azimuth) * np.cos(elevation)])


def _skin_colour(tone: float) -> Float64:
    return np.array([np.interp(tone, _SKIN_STOPS, _LINEAR_SKIN[:, channel]) for channel in range(3)])


def _fabric_colour(rng: np.random.Generator) -> Float64:
    """Draw the colour of a fabric, mostly muted."""
    value = rng.beta(1.3, 1.8)
    saturation = rng.beta(1.2, 2.0)
    hue = rng.uniform(0, 3)
    tint = np.clip(np.abs((hue + np.array([0.0, 1.0, 2.0])) % 3 - 1.5) * 1.6 - 0.3, 0, 1)
    return np.asarray(np.clip(value * (1 - saturation + saturation * tint), 0.01, 0.9))


def _shape(rng: np.random.Generator, masculine: bool) -> Shape:
    return Shape(*np.clip(rng.normal(_LEAN if masculine else -_LEAN), -2.2, 2.2).tolist())


def _expression(rng: np.random.Generator) -> Expression:
    return Expression(
        jaw_open=float(rng.beta(1, 2) if rng.random() < 0.35 else 0.0),
        smile=_clamp(rng.normal(0.15, 0.5), -0.6, 1.2),
        brows_up=float(rng.normal(0, 0.5)),
        frown=float(max(0.0, rng.normal(-0.3, 0.6))),
        lids=_clamp(rng.normal(0.82, 0.18), 0.3, 1.25) if rng.random() < 0.95 else 0.06,
        gaze=(float(rng.normal(0, 0.22)), float(rng.normal(0, 0.12))),
    )


def _pose(rng: np.random.Generator) -> Pose:
    yaw = _clamp(rng.normal(0, 0.45), -0.9, 0.9)
    return Pose(
        yaw=yaw,
        pitch=_clamp(rng.normal(0.02, 0.14), -0.35, 0.35),
        roll=_clamp(rng.normal(0, 0.11), -0.35, 0.35),
        body_yaw=yaw * float(rng.uniform(0.0, 0.8)) + float(rng.normal(0, 0.12)),
        # Some heads are cropped by the border, so that "all but the border" is a poor mask.
        scale=float(rng.uniform(0.48, 0.92)),
        centre=(_clamp(rng.normal(0.5, 0.14), 0.2, 0.8), _clamp(rng.normal(0.47, 0.09), 0.28, 0.68)),
    )


def _appearance(rng: np.random.Generator, masculine: bool, always_hair: bool) -> Appearance:
    tone = float(rng.uniform(0, len(_SKIN) - 1))
    skin = _skin_colour(tone) * np.exp(rng.normal(0, 0.05, 3))
    darkness = tone / (len(_SKIN) - 1)
    weights = _HAIR_WEIGHTS * np.where(_DARK_HAIR, 1.0, 1.0 - 0.85 * darkness)
    hair = _LINEAR_HAIR[pick(rng, cumulative(weights))] * np.exp(rng.normal(0, 0.15))
    if rng.random() < 0.05:
        hair = _fabric_colour(rng)
    style = _STYLES[pick(rng, _STYLE_PROBABILITIES[masculine])]
    with_hair = _STYLES_WITH_HAIR[rng.integers(len(_STYLES_WITH_HAIR))]
    hat = _HATS[pick(rng, _HAT_PROBABILITIES)]
    beard = float(rng.beta(2, 2)) if masculine and rng.random() < 0.35 else 0.0
    paint = float(rng.uniform(0.8, 1.0) if masculine else rng.uniform(0.45, 1.0))
    return Appearance(
        skin=skin,
        lip=skin * np.array([0.86, 0.56, 0.55]) * rng.uniform(0.75, 1.05) * np.array([1.0, paint, paint]),
        iris=_LINEAR_IRIS[0 if rng.random() < 0.35 + 0.6 * darkness else rng.integers(len(_IRIS))],
        hair=hair,
        brow_weight=float(rng.uniform(0.5, 1.0) if masculine else rng.uniform(0.3, 0.8)),
        blush=float(rng.beta(2, 3)),
        freckles=float(rng.beta(2, 2)) * (1 - darkness) if rng.random() < 0.2 else 0.0,
        blemishes=float(rng.beta(2, 4)),
        gloss=float(rng.beta(2, 3)),
        wrinkles=float(rng.beta(1.2, 2)),
        style=with_hair if always_hair and style in BALD_STYLES else style,
        hair_length=float(rng.uniform(0.7, 1.3)),
        parting=_PARTINGS[rng.integers(3)] + float(rng.normal(0, 0.06)),
        receding=float(rng.beta(1, 3)) if masculine else 0.0,
        beard=beard,
        moustache=float(rng.uniform(0.4, 1)) if masculine and (beard > 0 or rng.random() < 0.12) else 0.0,
        stubble=float(rng.beta(1.3, 2)) if masculine else 0.0,
        glasses=_GLASSES[pick(rng, _GLASSES_PROBABILITIES)],
        glasses_colour=_fabric_colour(rng) * 0.4,
        hat="" if always_hair else hat,
        hat_colour=_fabric_colour(rng),
        cloth=_fabric_colour(rng),
        cloth_accent=_fabric_colour(rng),
        cloth_pattern=pick(rng, _PATTERN_PROBABILITIES),
        collar=_COLLARS[rng.integers(len(_COLLARS))],
    )


def _light(rng: np.random.Generator) -> Light:
    warmth = rng.normal(0, 0.12)
    side = (-1.0, 1.0)[rng.integers(2)]
    strength = rng.uniform(0.5, 1.25)
    coloured = rng.random() < 0.15
    return Light(
        key=_direction(float(rng.uniform(-1.25, 1.25)), float(rng.uniform(0.0, 1.0))),
        key_colour=strength * np.exp(np.array([warmth, 0.0, -warmth])),
        rim=_direction(float(side * rng.uniform(1.9, 2.6)), float(rng.uniform(-0.2, 0.7))),
        rim_colour=(_fabric_colour(rng) if coloured else np.ones(3)) * rng.uniform(0, 1.2) * float(rng.random() < 0.5),
        ambient=float(rng.uniform(0.3, 0.75)),
        exposure=float(np.exp(rng.normal(-0.3, 0.32))),
    )


def sample_person(rng: np.random.Generator, always_hair: bool) -> Person:
    """Draw a person; `always_hair`, for masks of the hair, excludes bald heads and hats."""
    masculine = bool(rng.random() < 0.5)
    shape, expression, pose = _shape(rng, masculine), _expression(rng), _pose(rng)
    return Person(shape, expression, pose, _appearance(rng, masculine, always_hair), _light(rng))
