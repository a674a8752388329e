"""The game that is timed, which stays the same when the defaults of the environment change."""

from cutout_rl.game.config import GameConfig


def timed_game(image_size: int) -> GameConfig:
    """Return the settings: 60 steps of 8 px, scored at every step, observed at the size of the image."""
    return GameConfig(
        image_size=image_size,
        observation_size=image_size,
        observation="layers",
        step_len=8,
        step_count=60,
        reward="iou",
    )
