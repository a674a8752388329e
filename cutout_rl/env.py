"""The Gymnasium environment `cutout_rl/CutOut-v0`."""

from typing import TYPE_CHECKING, Any, cast

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from cutout_rl.game.config import GameConfig
from cutout_rl.game.factory import GameFactory
from cutout_rl.game.game import Game
from cutout_rl.utils.choices import require_choice

if TYPE_CHECKING:
    from cutout_rl.game.window import Window


class CutOutEnv(gymnasium.Env[NDArray[np.uint8], np.int64]):
    """Cut an object out of an image with two pens.

    ## Description

    The agent holds two pens, one for the object and one for the background. Every action draws a short stroke. A graph
    cut turns all strokes into a mask, and the score is the mask's intersection over union (IoU) with the ground truth.
    Pixels of unknown ground truth (void) are not counted.

    A pixel keeps the label of the pen that marked it first.

    ## Action Space

    `Discrete(16)`, or `Discrete(17)` with `stop_action=True`. The pen's head moves `step_len` pixels along the axis or
    the diagonal (that many pixels in each of the two coordinates) and draws the line it travels, `pen_width` wide. It
    stops at the border.

    | Action | Pen | Direction |
    |---|---|---|
    | 0-7 | inside | N, NE, E, SE, S, SW, W, NW |
    | 8-15 | outside | N, NE, E, SE, S, SW, W, NW |
    | 16 | none | stop: the episode ends (only with `stop_action=True`) |

    ## Observation Space

    `Box(0, 255, (size, size, channels), uint8)`, channel last:

    | `observation` | Channels | Content |
    |---|---|---|
    | `"masked"` | 6 | R, G, B, inside scribble, outside scribble, newest mask (255 inside) |
    | `"layers"` | 5 | the same without the mask |
    | `"trails"` | 5 | as `"layers"`, without start points and heads |
    | `"overlay"` | 3 | the image with the scribbles drawn on it, blue inside and orange outside |

    In a scribble layer the trail is 128, the dot at the pen's start point 192, the pen's head 255 and the rest 0.

    Every array that the environment returns is fresh; it never writes into one again.

    ## Rewards

    | `reward` | Each step | Sum over an episode |
    |---|---|---|
    | `"delta"` | the change of the IoU, in [-1, 1] | final minus initial IoU |
    | `"shaped"` | the change of (IoU + 0.5 x share of the outline traced), in [-1.5, 1.5] | final minus initial value |
    | `"iou"` | the IoU after the action, in [0, 1] | `step_count` x the mean IoU |
    | `"end"` | 0, and the IoU at the last step | the final IoU |

    The outline counts as traced on a side where strokes of the right pen have come within 5 % of the image's side. With
    `"end"` the cut is made once per episode, unless the mask is observed.

    ## Starting State

    An image drawn uniformly from the split, one start point inside the object and one outside it. Each is drawn
    uniformly from the pixels at least 3 px from the contour, or from the farthest ones if there are none. Both points
    are marked. `reset(options={"index": i})` selects image `i`.

    ## Episode End

    The episode is truncated after `step_count` steps. With `stop_action=True`, action 16 terminates it.

    ## Info

    `name` (of the image), `step`, and, once a cut was made, `iou` and `best_iou` (the highest of the episode, start
    included). With `reward="end"` the IoU appears at the end only.

    ## Arguments

    | Argument | Default | Meaning |
    |---|---|---|
    | `data` | `"faces"` | also `"objects"`, `"markers"`, `"grids"`, a folder with `images/` and masks, `"KIND:DIR"` |
    | `masks` | `None` | `"head"`, `"face"`, `"hair"`, or the masks' folder name; None means `"head"` or `"masks"` |
    | `split` | `"train"` | `"train"`, `"val"` or `"test"` |
    | `skip_bad` | `False` | skip the bad pairs of a folder instead of refusing it |
    | `augment` | `1` | versions of each image of the train split; more than 1 needs the extra `[augment]` |
    | `image_size` | `128` | side of the image in pixels, at which the cut is made |
    | `observation_size` | `None` | side of the observation in pixels; None means 64, or a smaller `image_size` |
    | `observation` | `"masked"` | `"masked"`, `"layers"`, `"trails"` or `"overlay"` |
    | `step_len` | `18` | pixels a head moves per step |
    | `step_count` | `30` | steps in an episode |
    | `pen_width` | `3` | width of a stroke in pixels |
    | `reward` | `"delta"` | `"delta"`, `"shaped"`, `"iou"` or `"end"` |
    | `stop_action` | `False` | adds action 16 |
    | `segmenter` | `"graphcut"` | `"textbook"`, `"grabcut"`, `"random-walker"`, `"watershed"`, or a registered one |
    | `render_mode` | `None` | `"rgb_array"` or `"human"` |

    ## Version History

    * v0: first version
    """

    metadata = {  # noqa: RUF012 - declared without ClassVar by gymnasium
        "render_modes": ["rgb_array", "human"],
        "render_fps": 8,
    }

    def __init__(self, *, render_mode: str | None = None, **game_config: Any) -> None:
        """Open the images; `cutout_rl.game.config.GameConfig` declares the other arguments.

        Raises:
            CutOutError: an argument does not fit, or the images cannot be used.
        """
        if render_mode is not None:
            require_choice("render mode", render_mode, self.metadata["render_modes"])
        self.render_mode = render_mode
        self.game_config = GameConfig(**game_config)
        self._factory = GameFactory(self.game_config)
        self.observation_space = self._factory.observer.space
        self.action_space = cast("spaces.Space[np.int64]", self._factory.action_space)
        self._game: Game | None = None
        self._window: Window | None = None

    @property
    def game(self) -> Game:
        """The current game, for rendering and for players that may read the ground truth.

        Raises:
            ValueError: `reset` was not called yet.
        """
        if self._game is None:
            raise ValueError("there is no game yet; call reset first")
        return self._game

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.uint8], dict[str, Any]]:
        """Start a new episode, on image `options["index"]` if given."""
        super().reset(seed=seed)
        self._game = self._factory.new_game(self.np_random, (options or {}).get("index"))
        self._show()
        return self._factory.observer.observe(self._game), dict(self._game.info())

    def step(self, action: np.int64 | int) -> tuple[NDArray[np.uint8], float, bool, bool, dict[str, Any]]:
        """Take an action.

        Raises:
            ValueError: no such action, the episode is over, or `reset` was not called yet.
        """
        outcome = self.game.step(int(action))
        self._show()
        observation = self._factory.observer.observe(self.game)
        return observation, outcome.reward, outcome.terminated, outcome.truncated, dict(outcome.info)

    def render(self) -> NDArray[np.uint8] | None:
        """Draw the image, both scribbles, the mask's outline, IoU and step.

        Returns:
            (H, W, 3) uint8 with `render_mode="rgb_array"`, else None.
        """
        if self.render_mode == "rgb_array":
            from cutout_rl.game.rendering import draw_frame  # takes longer to load than an episode lasts

            return draw_frame(self.game)
        self._show()
        return None

    def close(self) -> None:
        """Close the window, if one is open."""
        if self._window is not None:
            self._window.close()
            self._window = None

    def _show(self) -> None:
        if self.render_mode == "human":
            from cutout_rl.game.rendering import draw_frame
            from cutout_rl.game.window import Window  # matplotlib takes longer to load than an episode lasts

            self._window = self._window or Window(self.metadata["render_fps"])
            self._window.show(draw_frame(self.game))
