"""The changes since the report: every combination of three rewards, two cuts and two networks."""

from collections.abc import Sequence
from itertools import product
from typing import Final

from cutout_rl.experiments.report.claims import HIGHER, Claim, compare
from cutout_rl.experiments.report.study import Sweep
from cutout_rl.experiments.report.study_results import Results
from cutout_rl.experiments.report.trained_study import trained_study

FOUND: Final = (
    "The report never exceeded its plateau of 0.8. Reward, cut and network have changed since; the report has no such"
    " study."
)
REWARDS: Final = ("iou", "delta", "end")
CUTS: Final = {"textbook cut": "textbook", "our cut": "graphcut"}
NETWORKS: Final = {"stock network": "nature", "our network": "prior"}
TOGETHER: Final = "the three changes together help"


def variant_name(reward: str, cut: str, network: str) -> str:
    """Return the name of a combination."""
    return f"{reward}, {cut}, {network}"


SWEEP: Final = Sweep(
    variants={
        variant_name(reward, cut, network): f"--reward {reward} --segmenter {CUTS[cut]} --network {NETWORKS[network]}"
        " --observation layers --step-len 18 --step-count 30 --prior masks --prior-images 600 --prior-steps 300"
        for reward, cut, network in product(REWARDS, CUTS, NETWORKS)
    },
    steps_per_hour=40_000,
)


def claims(results: Results) -> list[Claim]:
    """Compare all changes with none, then with all but one.

    An average over the other changes would show less: most combinations learn nothing in the time, with any change.
    """
    textbook, our_cut = CUTS
    stock, our_network = NETWORKS
    every = variant_name("delta", our_cut, our_network)
    return [
        claim
        for statement, without in (
            (TOGETHER, variant_name("iou", textbook, stock)),
            ("the change of the IoU as reward, instead of the IoU, helps", variant_name("iou", our_cut, our_network)),
            (
                "the change of the IoU as reward, instead of the IoU at the end, helps",
                variant_name("end", our_cut, our_network),
            ),
            ("our cut helps", variant_name("delta", textbook, our_network)),
            ("our network helps", variant_name("delta", our_cut, stock)),
        )
        for claim in compare(statement, results, [every], [without], HIGHER, of_report=False)
    ]


def conclude(claims: Sequence[Claim]) -> str:
    """Return a sentence that names the change with the largest effect after equal steps."""
    single = [claim for claim in claims[::2] if claim.statement != TOGETHER and claim.verdict == "held"]
    if not single:
        return "These runs are inconclusive about which change has the largest effect."
    most = max(single, key=lambda claim: claim.value)
    return f"The largest effect of a single change: {most.statement}, by {most.value:+.3f} IoU."


STUDY: Final = trained_study("Ours", "not in the report", FOUND, SWEEP, claims, conclude)
