"""The hair styles and their parameters."""

from dataclasses import dataclass


@dataclass(frozen=True)
class HairStyle:
    """The parameters of a hair style; lengths are in head units.

    Attributes:
        weight: relative frequency.
        count: number of strands; 0 for hair painted on the scalp.
        length: of a strand.
        lift: weight of the scalp's normal in the initial direction, relative to the comb.
        comb: (3,) direction in head space; its x points away from the parting.
        gravity: pull downwards per step.
        hug: share of the distance to the skull that a strand loses per step, 0-1.
        volume: thickness of the hair over the skull.
        curl: radius of the curls.
        turns: windings of a curl along a strand.
        jitter: randomness of the directions.
        strand_width: width of the drawn ribbon.
        fringe: lowest height at which hair may cover the forehead (eyes are at 0, the hairline at 0.7).
        bun: radius of the bun behind the crown, 0 for none.
    """

    weight: float
    count: int = 0
    length: float = 0.0
    lift: float = 0.5
    comb: tuple[float, float, float] = (0.0, 0.0, 0.0)
    gravity: float = 0.0
    hug: float = 0.0
    volume: float = 0.05
    curl: float = 0.0
    turns: float = 0.0
    jitter: float = 0.12
    strand_width: float = 0.04
    fringe: float = 0.5
    bun: float = 0.0


HAIR_STYLES = {
    "bald": HairStyle(0.7),
    "buzz": HairStyle(0.8),
    "short": HairStyle(2.0, 1000, 0.22, 0.3, (0.5, 0.0, 0.7), 0.1, 0.4, 0.08, fringe=0.45),
    "swept": HairStyle(1.6, 1100, 0.55, 0.4, (0.7, 0.1, -0.6), 0.1, 0.35, 0.16, jitter=0.08, fringe=0.58),
    "side": HairStyle(1.4, 1100, 0.6, 0.2, (0.9, 0.0, 0.3), 0.1, 0.5, 0.13, jitter=0.06, fringe=0.42),
    "spiky": HairStyle(0.6, 900, 0.26, 1.0, (0.1, 0.4, 0.3), 0.0, 0.0, 0.06, jitter=0.3, strand_width=0.045),
    "bowl": HairStyle(1.0, 1150, 1.0, 0.1, (0.3, 0.0, 0.8), 0.6, 0.6, 0.16, jitter=0.05, fringe=0.27),
    "medium": HairStyle(1.6, 1150, 1.5, 0.1, (0.9, 0.0, 0.0), 0.8, 0.6, 0.18, 0.01, 2.0, jitter=0.06, fringe=0.52),
    "long": HairStyle(1.6, 1200, 2.3, 0.1, (0.9, 0.0, -0.1), 0.8, 0.6, 0.16, 0.015, 2.5, jitter=0.06, fringe=0.52),
    "wavy": HairStyle(1.2, 1200, 1.8, 0.2, (0.9, 0.0, 0.1), 0.7, 0.4, 0.24, 0.045, 3.5, jitter=0.12, fringe=0.45),
    "fringe": HairStyle(1.2, 1200, 1.9, 0.1, (0.4, 0.0, 0.6), 0.8, 0.6, 0.15, jitter=0.06, fringe=0.28),
    "bun": HairStyle(1.0, 1000, 2.2, 0.02, (0.1, 0.2, -0.6), 0.0, 0.8, 0.05, jitter=0.03, fringe=0.62, bun=0.3),
    "curly": HairStyle(1.2, 1200, 0.6, 0.7, (0.2, 0.0, 0.3), 0.15, 0.15, 0.2, 0.05, 3.0, jitter=0.4, fringe=0.42),
    "afro": HairStyle(0.9, 1500, 0.42, 1.4, (0.0, 0.0, 0.0), 0.0, 0.0, 0.1, 0.05, 3.0, jitter=0.4, fringe=0.5),
}
BALD_STYLES = ("bald",)
