"""The registry of baselines: the scripted players and oracles of the entry-point group `cutout_rl.baselines`."""

from collections.abc import Callable
from importlib.metadata import entry_points
from inspect import signature
from typing import Final, Literal, cast

from cutout_rl.players.player import Player
from cutout_rl.utils.choices import require_choice

BASELINE_GROUP: Final = "cutout_rl.baselines"

Role = Literal["expert", "opponent"]


def make_baseline(name: str) -> Player:
    """Create a baseline by name.

    Raises:
        CutOutError: no installed package registers it.
    """
    found = {entry.name: entry for entry in entry_points(group=BASELINE_GROUP)}
    require_choice("player", name, found)
    return cast(Player, found[name].load()())


def make_baselines(seed: int = 0) -> list[Player]:
    """Create every registered baseline; those that use the ground truth come last.

    Args:
        seed: of the random moves, for the classes that take a `seed`.
    """
    players = [_make(entry.load(), seed) for entry in entry_points(group=BASELINE_GROUP)]
    return sorted(players, key=lambda player: (player.sees_truth, player.label))


def _make(kind: Callable[..., object], seed: int) -> Player:
    takes_seed = "seed" in signature(kind).parameters
    return cast(Player, kind(seed=seed) if takes_seed else kind())


def baselines_with_role(role: Role) -> tuple[str, ...]:
    """Return the names of the baselines whose optional class attribute `role` has this value.

    The HTML report of an agent compares it with every "expert"; on the page a user plays against every "opponent".
    """
    entries = entry_points(group=BASELINE_GROUP)
    return tuple(entry.name for entry in entries if getattr(entry.load(), "role", None) == role)
