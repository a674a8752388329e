"""All studies, in the order of the report."""

from typing import Final

from cutout_rl.experiments.report.epoch_size import STUDY as EPOCH_SIZE
from cutout_rl.experiments.report.image_size import STUDY as IMAGE_SIZE
from cutout_rl.experiments.report.learning_rate import STUDY as LEARNING_RATE
from cutout_rl.experiments.report.observation import STUDY as OBSERVATION
from cutout_rl.experiments.report.off_the_shelf import STUDY as OFF_THE_SHELF
from cutout_rl.experiments.report.ours import STUDY as OURS
from cutout_rl.experiments.report.reward_at_end import STUDY as REWARD_AT_END
from cutout_rl.experiments.report.sanity import STUDY as SANITY
from cutout_rl.experiments.report.step_count import STUDY as STEP_COUNT
from cutout_rl.experiments.report.step_length import STUDY as STEP_LENGTH
from cutout_rl.experiments.report.study import Study
from cutout_rl.experiments.report.time import STUDY as TIME

STUDIES: Final[dict[str, Study]] = {
    "sanity": SANITY,
    "off-the-shelf": OFF_THE_SHELF,
    "observation": OBSERVATION,
    "step-count": STEP_COUNT,
    "reward-at-end": REWARD_AT_END,
    "learning-rate": LEARNING_RATE,
    "epoch-size": EPOCH_SIZE,
    "step-length": STEP_LENGTH,
    "image-size": IMAGE_SIZE,
    "time": TIME,
    "ours": OURS,
}
