"""Pretrained agents, one folder each: record, weights, curve and model card (`cutout_rl.agents.publish`)."""

from typing import Final

DEFAULT: Final = "any-object"  # the agent that commands use when none is named
DEFAULT_FOR: Final = {"faces": "bc-faces"}  # and on images of which more is known
