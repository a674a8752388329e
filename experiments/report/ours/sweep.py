"""The sweep: every combination of three rewards, two cuts and two networks."""

from itertools import product
from typing import Final

from cutout_rl.experiments.report.study import Sweep

FOUND: Final = (
    "The report never left its plateau of 0.8. Since then reward, cut and network were changed; this study has no"
    " counterpart in the report."
)
REWARDS: Final = ("iou", "delta", "end")
CUTS: Final = {"textbook cut": "textbook", "our cut": "graphcut"}
NETWORKS: Final = {"stock network": "nature", "our network": "prior"}


def name_of(reward: str, cut: str, network: str) -> str:
    """Name a combination."""
    return f"{reward}, {cut}, {network}"


SWEEP: Final = Sweep(
    variants={
        name_of(reward, cut, network): f"--reward {reward} --segmenter {CUTS[cut]} --network {NETWORKS[network]}"
        " --observation layers --step-len 18 --step-count 30 --prior-images 600 --prior-steps 300"
        for reward, cut, network in product(REWARDS, CUTS, NETWORKS)
    },
    steps_an_hour=40_000,
)
