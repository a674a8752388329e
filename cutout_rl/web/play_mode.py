"""Play mode: a user plays the agent's game, and is scored beside the opponents."""

import secrets
from collections.abc import Callable
from typing import Any, Final

from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.frame import encode_frame
from cutout_rl.web.match import MatchFactory
from cutout_rl.web.messages import Message, Move
from cutout_rl.web.storage import Storage

SHOWN_SCORES: Final = 20


class PlayMode:
    """One game of a user."""

    def __init__(self, match_factory: MatchFactory, storage: Storage, notify: Callable[[dict[str, Any]], None]) -> None:
        """Start a game on a random image.

        Args:
            match_factory: starts the game.
            storage: the folder of finished games.
            notify: sends a note to the client.
        """
        self._match_factory = match_factory
        self._storage = storage
        self._notify = notify
        self._match = match_factory.new_match(secrets.randbelow(2**31))
        sample = self._match.game.sample
        notify({"game": {"image": sample.image.tolist(), "name": sample.name}})

    def handle(self, message: Message) -> None:
        """Make a move, and score the game after the last one.

        Raises:
            CutOutError: the game is over, or the message is not a move.
        """
        if not isinstance(message, Move):
            raise CutOutError("No image is open; open one.")
        self._match.move(message.action)
        if self._match.game.done:
            scores = self._match_factory.finish(self._match, self._storage, message.name)
            self._notify({"scores": scores[-SHOWN_SCORES:], "finished": True})

    def frame(self, seen: int) -> bytes:
        """Return the frame that shows the newest state, and the number of the last message."""
        game, rules = self._match.game, self._match.game.rules
        facts = {
            "mode": "game",
            "seen": seen,
            "size": [rules.image_size, rules.image_size],
            "view": [0, 0, rules.image_size, rules.image_size],
            "iou": game.iou,
            "best": game.best_iou,
            "step": game.step_count,
            "step_count": rules.step_count,
            "step_len": rules.step_len,
            "heads": [[column, row] for row, column in game.heads],
            "done": game.done,
        }
        return encode_frame(facts, game.mask, game.labels)
