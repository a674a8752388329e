"""The sweep: the report's recipe, with the textbook cut and with ours."""

from typing import Any, Final

FOUND: Final = (
    "The report measured that 90 % of the time went into the cut, 7 % into the network and 3 % into the rest."
)
RECIPE: Final[dict[str, Any]] = {
    "network": "nature",
    "observation": "overlay",
    "reward": "iou",
    "step_len": 8,
    "step_count": 60,
}
TEXTBOOK: Final = "textbook cut"
OURS: Final = "our cut"
SEGMENTERS: Final = {TEXTBOOK: "textbook", OURS: "graphcut"}
STEPS_AN_HOUR: Final = 8192
MOST: Final = (85, 95)  # % of the time
