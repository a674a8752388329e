"""What a player is: anything that, shown games, chooses a move in each."""

from collections.abc import Sequence
from importlib.metadata import entry_points
from typing import Final, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from cutout_rl.game.game import Game
from cutout_rl.utils.choices import require_choice

BASELINE_GROUP: Final = "cutout_rl.baselines"


class Player(Protocol):
    """Plays any number of games at once.

    Attributes:
        label: what tables call it.
        sees_truth: whether it looks at the ground truth, as oracles do.
    """

    label: str
    sees_truth: bool

    def act(self, observations: NDArray[np.uint8], games: Sequence[Game]) -> NDArray[np.int64]:
        """Choose a move in each game.

        Args:
            observations: (N, size, size, channels) uint8, all that an honest player may look at.
            games: the N games themselves, for oracles; they must be left as they are.

        Returns:
            (N,) int64 actions; 16 leaves a game for good.
        """
        ...


def make_baseline(name: str) -> Player:
    """Make one scripted player by its name in the entry-point group `cutout_rl.baselines`.

    Raises:
        CutOutError: no installed package offers it.
    """
    found = {entry.name: entry for entry in entry_points(group=BASELINE_GROUP)}
    require_choice("player", name, found)
    return cast(Player, found[name].load()())


def make_baselines() -> list[Player]:
    """Make every scripted player that an installed package offers in the entry-point group `cutout_rl.baselines`.

    Those that see the ground truth come last.
    """
    players = [cast(Player, entry.load()()) for entry in entry_points(group=BASELINE_GROUP)]
    return sorted(players, key=lambda player: (player.sees_truth, player.label))
