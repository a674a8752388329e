"""The Gymnasium environment `cutout_rl/CutOut-v0`."""

import operator
from typing import TYPE_CHECKING, Any, Final, cast

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from cutout_rl.game.config import GameConfig
from cutout_rl.game.factory import GameFactory
from cutout_rl.game.game import Game
from cutout_rl.game.reset_options import ResetOptions
from cutout_rl.game.rules import DIRECTION_NAMES, PENS
from cutout_rl.utils.choices import require_choice

if TYPE_CHECKING:
    from cutout_rl.game.window import Window

_KEYS: Final = "wedcxzaqiol.,mju "  # in the order of the actions: around S, around K, and the space bar


class CutOutEnv(gymnasium.Env[Any, np.int64]):
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

    `Box(0, 255, (size, size, channels), uint8)`, channel last, or with `"dict"` a `Dict`:

    | `observation` | Channels | Content |
    |---|---|---|
    | `"masked"` | 6 | R, G, B, inside scribble, outside scribble, newest mask (255 inside) |
    | `"dict"` | 3 + 2 + 1 | the same as three arrays, and the share of the moves left |
    | `"layers"` | 5 | as `"masked"`, without the mask |
    | `"trails"` | 5 | as `"layers"`, without start points and heads |
    | `"overlay"` | 3 | the image with the scribbles drawn on it, blue inside and orange outside |

    In a scribble layer the trail is 128, the dot at the pen's start point 192, the pen's head 255 and the rest 0.

    The moves left are part of the state, and a `Box` does not show them. With `observation="dict"` they can be seen:

    | Key | Space |
    |---|---|
    | `image` | `Box(0, 255, (size, size, 3), uint8)` |
    | `scribbles` | `Box(0, 255, (size, size, 2), uint8)` |
    | `mask` | `Box(0, 255, (size, size, 1), uint8)` |
    | `moves_left` | `Box(0, 1, (1,), float32)`, 1 at the start |

    Every array that the environment returns is fresh; it never writes into one again.

    ## Rewards

    | `reward` | Each step | Sum over an episode |
    |---|---|---|
    | `"delta"` | the change of the IoU, in [-1, 1] | final minus initial IoU |
    | `"shaped"` | the change of the IoU + gamma phi' - phi, in [-1.5, 1.5] | see below |
    | `"iou"` | the IoU after the action, in [0, 1] | `step_count` x the mean IoU |
    | `"end"` | 0, and the IoU at the last step | the final IoU |

    With `"end"` the cut is made once per episode, unless the mask is observed.

    `"shaped"` is potential-based shaping (Ng, Harada and Russell, ICML 1999). phi is half the share of the outline that
    is traced before the action, phi' after it, and 0 once the episode is over; gamma is `shaping_gamma`, which must be
    the learner's discount factor. The discounted sum over an episode is that of `"delta"` minus phi of the start, so
    both have the same best policy. The outline counts as traced on a side where strokes of the right pen have come
    within 5 % of the image's side.

    ## Starting State

    An image drawn uniformly from the split, one start point inside the object and one outside it. Each is drawn
    uniformly from the pixels at least 3 px from the contour, or from the farthest ones if there are none. Both points
    are marked. `reset(options={"index": i})` selects image `i`, and `{"start": ((r, c), (r, c))}` the (row, column) of
    the inside and the outside point.

    ## Episode End

    The episode terminates after `step_count` steps, and with action 16 if `stop_action=True`. It is never truncated:
    the number of steps is a rule of the game, so no learner may bootstrap from the last state.

    ## Info

    `name` (of the image), `step`, and, once a cut was made, `iou` and `best_iou` (the highest of the episode, start
    included), all in NumPy's types. With `reward="end"` the IoU appears at the end only. `mask_in_info=True` adds the
    newest `mask`, (image_size, image_size) bool, which needs a cut at every step.

    ## Playing by Hand

    `gymnasium.utils.play.play(env, wait_on_player=True)`: the keys around S move the inside pen (Q W E, A D, Z X C),
    those around K the outside pen (U I O, J L, M , .), and the space bar stops, where the game has that action.

    ## Arguments

    | Argument | Default | Meaning |
    |---|---|---|
    | `data` | `"faces"` | also `"objects"`, `"markers"`, `"grids"`, a folder with `images/` and masks, `"KIND:DIR"` |
    | `masks` | `None` | `"head"`, `"face"`, `"hair"`, or the masks' folder name; None means `"head"` or `"masks"` |
    | `masks_class` | `None` | the class that is the object, if the masks of a folder number classes |
    | `masks_frame` | `"upright"` | or `"stored"`: the frame of masks of images that EXIF data turns, if no size tells |
    | `split` | `"train"` | `"train"`, `"val"` or `"test"` |
    | `skip_bad` | `False` | skip the bad pairs of a folder instead of refusing it |
    | `augment` | `1` | versions of each image of the train split; more than 1 needs the extra `[augment]` |
    | `bank` | `0` | distinct faces that seven of eight training episodes share; 0: each episode has its own |
    | `image_size` | `128` | side of the image in pixels, at most 4,096, at which the cut is made |
    | `observation_size` | `None` | side of the observation in pixels; None means 64, or a smaller `image_size` |
    | `observation` | `"masked"` | `"masked"`, `"dict"`, `"layers"`, `"trails"` or `"overlay"` |
    | `step_len` | `18` | pixels a head moves per step |
    | `step_count` | `30` | steps in an episode, at most 100,000 |
    | `pen_width` | `3` | width of a stroke in pixels |
    | `reward` | `"delta"` | `"delta"`, `"shaped"`, `"iou"` or `"end"` |
    | `shaping_gamma` | `0.97` | the learner's discount factor, for `"shaped"` |
    | `stop_action` | `False` | adds action 16 |
    | `segmenter` | `"graphcut"` | or `"graphcut-scaled"`, `"textbook"`, `"grabcut"`, `"random-walker"`, `"watershed"` |
    | `render_mode` | `None` | `"rgb_array"`, or `"human"`, which needs a display |
    | `mask_in_info` | `False` | adds the newest mask to `info` |

    `segmenter` may also name one that another installed package registers.

    `cutout_rl/CutOut2017-v0` is the game of the report of 2017: `observation="overlay"` at 128 px, 16 steps of 8 px,
    `reward="iou"`, `segmenter="textbook"`.

    ## Version History

    * v0: first version
    """

    metadata = {  # noqa: RUF012 - declared without ClassVar by gymnasium
        "render_modes": ["rgb_array", "human"],
        "render_fps": 8,
    }

    def __init__(self, *, render_mode: str | None = None, mask_in_info: bool = False, **game_config: Any) -> None:
        """Open the images; `cutout_rl.game.config.GameConfig` declares the other arguments.

        Raises:
            CutOutError: an argument does not fit, or the images cannot be used.
        """
        if render_mode is not None:
            require_choice("render mode", render_mode, self.metadata["render_modes"])
        self._set_up(GameFactory(GameConfig(**game_config), mask_in_info), render_mode)

    @classmethod
    def showing(
        cls, factory: GameFactory, game: Game | None, rng: np.random.Generator, render_mode: str | None
    ) -> "CutOutEnv":
        """Return an environment that shows a game of a batch, whose images it shares.

        Args:
            factory: of the batch.
            game: its current game; None before the first reset.
            rng: the game's random generator.
            render_mode: None or "rgb_array".
        """
        env = cls.__new__(cls)
        env._set_up(factory, render_mode)
        env._game = game
        env.np_random = rng
        return env

    def _set_up(self, factory: GameFactory, render_mode: str | None) -> None:
        self.render_mode = render_mode
        self.game_config = factory.game_config
        self._factory = factory
        self.observation_space = factory.observation_space
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

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Start a new episode.

        Args:
            seed: of the generator that draws images and start points; None keeps the generator.
            options: `index` of the image and `start`, the (row, column) of both points.

        Raises:
            CutOutError: an option is unknown or does not fit.
            IndexError: there is no image of that index.
        """
        super().reset(seed=seed)
        chosen = ResetOptions.parse(options, self.game_config.image_size)
        self._game = self._factory.new_game(self.np_random, chosen.index, chosen.start)
        self._show()
        return self._factory.observation(self._game), self._factory.info(self._game)

    def step(self, action: np.int64 | int) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Take an action.

        Raises:
            ValueError: no such action, the episode is over, or `reset` was not called yet.
        """
        try:
            chosen = operator.index(action)
        except TypeError:
            n_actions = int(self._factory.action_space.n)
            raise ValueError(f"action {action!r} is no whole number in [0, {n_actions})") from None
        outcome = self.game.step(chosen)
        self._show()
        observation = self._factory.observation(self.game)
        return observation, outcome.reward, outcome.terminated, False, self._factory.info(self.game)

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

    def action_masks(self) -> NDArray[np.bool_]:
        """Return which actions mark a pixel, (n_actions,) bool, as sb3-contrib's `MaskablePPO` asks for it.

        Where no move would mark one, all are True. The stop action always is.
        """
        return self.game.action_mask()

    def get_action_meanings(self) -> list[str]:
        """Return what each action does, such as "inside NE"."""
        meanings = [f"{pen} {direction}" for pen in PENS for direction in DIRECTION_NAMES]
        return [*meanings, "stop"][: int(self._factory.action_space.n)]

    def get_keys_to_action(self) -> dict[tuple[int, ...], int]:
        """Return the keys of `gymnasium.utils.play`: those around S and K move the pens, the space bar stops."""
        return {(ord(key),): action for action, key in enumerate(_KEYS[: int(self._factory.action_space.n)])}

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
