"""The parameters of a person: shape, expression, pose, appearance and light.

Lengths are in head units (1 unit is about 10 cm; a head is 2.3 high), angles in radians and colours in linear RGB,
independently of the size of the image.
"""

from dataclasses import dataclass

from cutout_rl.data.synthetic.faces.arrays import Float64


@dataclass(frozen=True)
class Shape:
    """The shape of head and body; every value is 0 for the mean and 1 at about one standard deviation."""

    width: float
    height: float
    depth: float
    jaw: float
    chin: float
    chin_length: float
    cheek: float
    flesh: float
    brow: float
    nose_length: float
    nose_width: float
    nose_bridge: float
    nose_tip: float
    eye_size: float
    eye_spacing: float
    eye_slant: float
    lips: float
    mouth_width: float
    ears: float
    ears_out: float
    neck: float
    shoulders: float


@dataclass(frozen=True)
class Expression:
    """The facial expression; 0 is neutral, 1 strong."""

    jaw_open: float
    smile: float
    brows_up: float
    frown: float
    lids: float
    gaze: tuple[float, float]


@dataclass(frozen=True)
class Pose:
    """Pose of head and body, and position in the image; `scale` and `centre` are fractions of the image's side."""

    yaw: float
    pitch: float
    roll: float
    body_yaw: float
    scale: float
    centre: tuple[float, float]


@dataclass(frozen=True)
class Appearance:
    """Colours, hair, clothing and accessories; colours are (3,) linear RGB, amounts in [0, 1]."""

    skin: Float64
    lip: Float64
    iris: Float64
    hair: Float64
    brow_weight: float
    blush: float
    freckles: float
    blemishes: float
    gloss: float
    wrinkles: float
    style: str
    hair_length: float
    parting: float
    receding: float
    beard: float
    moustache: float
    stubble: float
    glasses: str
    glasses_colour: Float64
    hat: str
    hat_colour: Float64
    cloth: Float64
    cloth_accent: Float64
    cloth_pattern: int
    collar: str


@dataclass(frozen=True)
class Light:
    """Key, rim and ambient light; `key` and `rim` are unit vectors to the light (x right, y up, z to the camera)."""

    key: Float64
    key_colour: Float64
    rim: Float64
    rim_colour: Float64
    ambient: float
    exposure: float


@dataclass(frozen=True)
class Person:
    """All parameters of a person; background and sensor noise are separate."""

    shape: Shape
    expression: Expression
    pose: Pose
    appearance: Appearance
    light: Light
