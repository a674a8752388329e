"""What games of one kind share."""

from dataclasses import dataclass
from functools import cached_property

from cutout_rl.game.compiled_arguments import PlaySettings
from cutout_rl.game.game_state import GameState, allocate_games
from cutout_rl.game.reward import REWARD_KINDS, SHAPED, SHAPING_GAMMA, RewardKind
from cutout_rl.game.rules import Rules
from cutout_rl.game.strokes import pen_tip
from cutout_rl.segmenters import GraphCutSegmenter, Segmenter


@dataclass(frozen=True)
class GameSettings:
    """What games of one kind share.

    Attributes:
        rules: lengths and counts.
        segmenter: cuts the image.
        reward: kind of the reward.
        shaping_gamma: the learner's discount factor, for the reward "shaped".
    """

    rules: Rules
    segmenter: Segmenter
    reward: RewardKind
    shaping_gamma: float = SHAPING_GAMMA

    @property
    def is_native(self) -> bool:
        """Whether the default segmenter cuts, in compiled code."""
        return isinstance(self.segmenter, GraphCutSegmenter)

    @cached_property
    def of_play(self) -> PlaySettings:
        """The settings as compiled code takes them."""
        segmenter = self.segmenter if isinstance(self.segmenter, GraphCutSegmenter) else GraphCutSegmenter()
        return PlaySettings(
            self.rules.step_len,
            self.rules.step_count,
            REWARD_KINDS.index(self.reward),
            float(self.shaping_gamma),
            pen_tip(self.rules.pen_width),
            segmenter.cut_settings(),
        )

    def allocate(self, n: int) -> GameState:
        """Allocate the arrays of N games."""
        return allocate_games(n, self.rules, self.is_native, self.of_play.reward == SHAPED)
