"""The studies, one file each, in the order of the report."""

from typing import Final

from cutout_rl.experiments.report.studies.epoch_size import STUDY as EPOCH_SIZE
from cutout_rl.experiments.report.studies.image_size import STUDY as IMAGE_SIZE
from cutout_rl.experiments.report.studies.learning_rate import STUDY as LEARNING_RATE
from cutout_rl.experiments.report.studies.observation import STUDY as OBSERVATION
from cutout_rl.experiments.report.studies.off_the_shelf import STUDY as OFF_THE_SHELF
from cutout_rl.experiments.report.studies.ours import STUDY as OURS
from cutout_rl.experiments.report.studies.reward_at_end import STUDY as REWARD_AT_END
from cutout_rl.experiments.report.studies.sanity import STUDY as SANITY
from cutout_rl.experiments.report.studies.step_count import STUDY as STEP_COUNT
from cutout_rl.experiments.report.studies.step_length import STUDY as STEP_LENGTH
from cutout_rl.experiments.report.studies.wall_time import STUDY as WALL_TIME
from cutout_rl.experiments.report.study import Study

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
    "time": WALL_TIME,
    "ours": OURS,
}
