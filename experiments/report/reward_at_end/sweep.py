"""The sweep: the IoU as reward after every move, or once at the end, of either cut."""

from typing import Final

from cutout_rl.experiments.report.study import LEARNING, Sweep

FOUND: Final = (
    "The report cut once per game instead of after every move: many more epochs in the time, and an IoU of 0.6."
)
EACH_STEP: Final = "IoU after every move"
AT_END: Final = "IoU at the end"
OUR_EACH_STEP: Final = f"{EACH_STEP}, our cut"
OUR_AT_END: Final = f"{AT_END}, our cut"
SWEEP: Final = Sweep(
    # The textbook cut for what a cut costs, and ours for what a reward teaches, as by the textbook's nothing is learnt.
    variants={
        EACH_STEP: f"{LEARNING} --segmenter textbook --reward iou",
        AT_END: f"{LEARNING} --segmenter textbook --reward end",
        OUR_EACH_STEP: f"{LEARNING} --reward iou",
        OUR_AT_END: f"{LEARNING} --reward end",
    },
    steps_an_hour=80_000,
)
MANY_MORE: Final = 2.0  # times as many steps per second
