"""The sweep: two games by two algorithms."""

from typing import Final

FOUND: Final = (
    "The report trained its agents on Pong and Breakout first, so that a flaw in the agent would not be blamed on the"
    " game, and they learnt."
)
GAMES: Final = ("pong", "breakout")
ALGORITHMS: Final = ("ppo", "a2c")
STEPS_AN_HOUR: Final = 120_000
