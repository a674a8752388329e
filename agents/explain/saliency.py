"""What a move depended on: hide a part of what the agent sees, and look how its probability changes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import torch
from captum.attr import Occlusion
from numpy.typing import NDArray
from stable_baselines3.common.policies import ActorCriticPolicy

from cutout_rl.agents.networks.action_probabilities import action_probabilities
from cutout_rl.agents.networks.egocentric_crops import Preprocess
from cutout_rl.game.observation import TRAIL
from cutout_rl.game.rendering import draw_board
from cutout_rl.game.rules import DIRECTION_NAMES, N_DIRECTIONS
from cutout_rl.players.explanation import Moment, Picture
from cutout_rl.utils.figure import saved_figure
from cutout_rl.visualization.draw_strokes import PEN_COLOURS, PEN_NAMES, show

WINDOWS: Final = 8  # hidden squares along a side, of which each overlaps its neighbours by half
AT_ONCE: Final = 32  # observations
HEADINGS: Final = ("the game and the move", "image: speaks for it", "image: speaks against it", "strokes: speak for it")


def occlude(
    policy: ActorCriticPolicy, preprocess: Preprocess, observation: NDArray[np.uint8], action: int
) -> NDArray[np.float32]:
    """Hide every part of an observation in turn (occlusion; Zeiler and Fergus, ECCV 2014).

    A hidden part of the image takes the image's mean colour, a hidden part of scribbles and mask is empty; the pens'
    heads and start points stay, for the agent looks from there and takes the object's map from them. What is hidden is
    hidden from all that the policy uses, its object map too.

    Args:
        policy: whose probability is watched.
        preprocess: turns observations into what the policy takes.
        observation: (S, S, 3, 5 or 6) uint8.
        action: whose probability is watched.

    Returns:
        (2, S, S) float32, by how much the probability falls where image or scribbles are hidden, in [-1, 1], averaged
        over the windows that hide a pixel; no scribbles, no fall.
    """
    seen = torch.as_tensor(observation)[None]
    image, drawn = seen[..., :3], seen[..., 3:]
    mean = image.float().mean(dim=(1, 2), keepdim=True).to(torch.uint8).expand_as(image)
    heads = torch.cat([torch.where(drawn[..., :2] == TRAIL, 0, drawn[..., :2]), 0 * drawn[..., 2:]], dim=-1)
    half = max(1, observation.shape[0] // WINDOWS // 2)

    def chance(*parts: torch.Tensor) -> torch.Tensor:
        joined = torch.cat(parts, dim=-1).to(torch.uint8).numpy()
        return action_probabilities(policy, preprocess(joined))[:, action]

    parts = [(image, mean), (drawn, heads)] if drawn.shape[-1] else [(image, mean)]
    falls = Occlusion(chance).attribute(
        tuple(part for part, _ in parts),
        baselines=tuple(hidden for _, hidden in parts),
        sliding_window_shapes=tuple((2 * half, 2 * half, part.shape[-1]) for part, _ in parts),
        strides=tuple((half, half, part.shape[-1]) for part, _ in parts),
        perturbations_per_eval=AT_ONCE,
    )
    maps = [fall[0, ..., 0].numpy() for fall in falls]
    maps += [np.zeros_like(maps[0])] * (2 - len(maps))
    return np.stack(maps).astype(np.float32)


def draw_saliency(policy: ActorCriticPolicy, preprocess: Preprocess, moments: Sequence[Moment], path: Path) -> Picture:
    """Draw what each move depended on, a row per move."""
    with saved_figure(path, 10, 2.45 * len(moments) + 0.3, dpi=90) as figure:
        grid = figure.subplots(len(moments), 4, squeeze=False)
        for axes, heading in zip(grid[0], HEADINGS, strict=True):
            axes.set_title(heading, fontsize=9)
        for row, moment in zip(grid, moments, strict=True):
            size = moment.game.rules.image_size
            falls = 100 * occlude(policy, preprocess, moment.observation, moment.action)
            show(row[0], draw_board(moment.game, 2))
            pen, direction = divmod(moment.action, N_DIRECTIONS)
            (d_row, d_column), length = moment.game.path(pen, direction)
            head_row, head_column = moment.game.heads[pen]
            row[0].annotate(
                "",
                (2 * (head_column + d_column * length), 2 * (head_row + d_row * length)),
                (2 * head_column, 2 * head_row),
                arrowprops={"arrowstyle": "-|>", "color": "black", "lw": 2, "fc": PEN_COLOURS[pen]},
            )
            row[0].set_ylabel(
                f"move {moment.game.step_count + 1}\n{PEN_NAMES[pen]}, {DIRECTION_NAMES[direction]}", fontsize=8
            )
            most = max(float(np.abs(falls).max()), 1e-3)
            for axes, fall in zip(row[1:], (falls[0], -falls[0], falls[1]), strict=True):
                heat = axes.imshow(
                    fall.clip(min=0), extent=(-0.5, size - 0.5, size - 0.5, -0.5), cmap="cividis", vmin=0, vmax=most
                )
                axes.contour(moment.game.sample.mask, [0.5], colors="white", linewidths=0.8)
                for head, marker, colour in zip(moment.game.heads, "os", PEN_COLOURS, strict=True):
                    axes.plot(head[1], head[0], marker, color=colour, markeredgecolor="white", markersize=5)
                axes.set_xticks([])
                axes.set_yticks([])
            figure.colorbar(heat, ax=list(row[1:]), label="percentage points", shrink=0.9, pad=0.01)
    return Picture(
        path,
        "What the move depended on",
        "A square of the image, or of strokes and mask, is hidden from the agent, everywhere in turn. Bright: the"
        " probability of the move that it made falls (speaks for it) or rises (against it) by so many percentage"
        " points. White: the object's true outline, which the agent does not see; disc and square: the inside and the"
        " outside pen.",
    )
