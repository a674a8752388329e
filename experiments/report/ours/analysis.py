"""The analysis: what all changes are worth together, and what is lost where one of them is taken back."""

from collections.abc import Sequence
from typing import Final

from cutout_rl.experiments.report.claims import HIGHER, Claim, compare
from cutout_rl.experiments.report.ours.sweep import CUTS, NETWORKS, name_of
from cutout_rl.experiments.report.results import Results

TOGETHER: Final = "the three changes together help"


def claims(results: Results) -> list[Claim]:
    """Compare all changes with none, then with all but one.

    An average over the other changes would tell less: most combinations learn nothing in the time, whatever is changed.
    """
    textbook, our_cut = CUTS
    stock, our_network = NETWORKS
    every = name_of("delta", our_cut, our_network)
    return [
        claim
        for says, without in (
            (TOGETHER, name_of("iou", textbook, stock)),
            ("the change of the IoU as reward, in place of the IoU, helps", name_of("iou", our_cut, our_network)),
            (
                "the change of the IoU as reward, in place of the IoU at the end, helps",
                name_of("end", our_cut, our_network),
            ),
            ("our cut helps", name_of("delta", textbook, our_network)),
            ("our network helps", name_of("delta", our_cut, stock)),
        )
        for claim in compare(says, results, [every], [without], HIGHER, of_report=False)
    ]


def conclude(claims: Sequence[Claim]) -> str:
    """Name the change that is worth most beside the others after equal steps, of those that help."""
    single = [claim for claim in claims[::2] if claim.says != TOGETHER and claim.verdict == "held"]
    if not single:
        return "Which change broke the plateau cannot be told from these runs."
    most = max(single, key=lambda claim: claim.value)
    return f"So, beside the others, most is gained because {most.says}: {most.value:+.3f} IoU."
