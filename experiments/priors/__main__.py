"""`python -m cutout_rl.experiments.priors`: how object priors learn to see, from rewards and from masks."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from cutout_rl.agents.algorithms.planner_config import PlannerConfig
from cutout_rl.agents.algorithms.planner_training import make_player
from cutout_rl.agents.networks.object_prior import priors_of
from cutout_rl.agents.networks.object_prior_net import ObjectPriorNet
from cutout_rl.agents.planning.prior_players import PriorThreshold
from cutout_rl.data.reported_images import name_images
from cutout_rl.evaluation.evaluation import Evaluation, evaluate, held_out_factory, held_out_game, held_out_images
from cutout_rl.evaluation.tables import player_table
from cutout_rl.experiments.curves import draw_curve, mean_curve
from cutout_rl.experiments.priors.prior_sheet import save_prior_sheet
from cutout_rl.experiments.priors.variants import REWARD, VARIANTS, new_net, train
from cutout_rl.experiments.records import Records
from cutout_rl.utils.choices import require_choice
from cutout_rl.utils.command import parse_arguments, run_command
from cutout_rl.utils.figure import WIDTH, saved_figure
from cutout_rl.utils.ranges import Count, Seed

SHOWN_IMAGES: Final = 5  # in the picture of the prior that learns from rewards


@dataclass(frozen=True)
class PriorsArguments:
    """Train object priors from rewards and from masks, with the same network and gradient steps, and compare them.

    A command that was interrupted resumes.
    """

    out: Path = Path("results/priors")
    """Folder of the results."""
    variants: tuple[str, ...] = tuple(VARIANTS)
    """What the priors learn from."""
    seeds: tuple[Seed, ...] = (0,)
    """Seeds of the trainings."""
    episodes: Count = 1600
    """Episodes of random strokes, for the priors that learn from rewards."""
    steps: Count = 1500
    """Gradient steps of each prior."""
    images: Count = 200
    """Test images."""
    validation_images: Count = 100
    """Validation images, for the learning curves."""


class PriorRow(NamedTuple):
    """A figure of a prior.

    `player` is "curve" for its IoU during training, on the validation split; `moves_to_90` is -1 if the mean IoU never
    reaches 0.9.
    """

    variant: str
    seed: int
    player: str
    steps: int
    final_iou: float
    best_iou: float
    moves_to_90: int


def main() -> None:
    """Parse the flags, train, evaluate, draw."""
    arguments = parse_arguments(PriorsArguments, "experiments.priors")
    for name in arguments.variants:
        require_choice("variant", name, VARIANTS)
    console = Console()
    arguments.out.mkdir(parents=True, exist_ok=True)
    flags = {name: getattr(arguments, name) for name in ("episodes", "steps", "images", "validation_images")}
    records = Records(arguments.out / "priors.csv", PriorRow, flags)
    for seed in arguments.seeds:
        for name in arguments.variants:
            if (name, seed) not in records.keys(2):
                console.print(f"{name}, seed {seed}")
                records.add(_study(name, seed, arguments))
    rows = [row for row in records.rows if row.seed in arguments.seeds and row.variant in arguments.variants]
    _print_table(rows, arguments, console)
    _draw_curves(rows, arguments.out / "priors.svg")
    console.print(f"wrote {arguments.out}")


def _study(name: str, seed: int, arguments: PriorsArguments) -> list[PriorRow]:
    config = PlannerConfig(seed=seed, prior_episodes=arguments.episodes, prior_steps=arguments.steps)
    val, test = (held_out_factory(config.game_config(), split) for split in ("val", "test"))
    images = held_out_images(test, arguments.images)
    moments = _moments(arguments.steps)
    net, rows = new_net(seed), []
    games = [held_out_game(val, index, 0) for index in range(SHOWN_IMAGES)]
    observations = np.stack([val.observer.observe(game) for game in games])
    shown: dict[int, NDArray[np.uint8]] = {}

    def measure(steps: int) -> None:
        if steps in moments:
            curve = evaluate(PriorThreshold(priors_of(net)), val, range(arguments.validation_images))
            rows.append(_row(name, seed, "curve", steps, curve))
            shown[steps] = _priors(net, observations, config.image_size)

    measure(0)
    train(VARIANTS[name], config, measure, net)
    player = make_player(config, net)
    for reported in (*player.references(), player):
        rows.append(_row(name, seed, reported.label, arguments.steps, evaluate(reported, test, images)))
    if name == REWARD:
        save_prior_sheet(games, shown, arguments.out / f"prior-learns-{seed}.svg")
    return rows


def _moments(steps: int) -> list[int]:
    """Return the gradient steps after which a prior is measured and drawn."""
    return [0, *sorted({max(1, round(steps * share)) for share in (1 / 50, 1 / 15, 1 / 5, 1 / 2, 1)})]


def _priors(net: ObjectPriorNet, observations: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    priors = priors_of(net)(observations)
    return np.stack([cv2.resize(prior, (size, size), interpolation=cv2.INTER_LINEAR) for prior in priors])


def _row(name: str, seed: int, player: str, steps: int, evaluation: Evaluation) -> PriorRow:
    reached = np.flatnonzero(evaluation.iou.mean(axis=0) >= 0.9)
    moves = int(reached[0]) if len(reached) else -1
    return PriorRow(name, seed, player, steps, evaluation.final, evaluation.best, moves)


def _print_table(rows: list[PriorRow], arguments: PriorsArguments, console: Console) -> None:
    images = name_images("test", range(1000, 1000 + arguments.images))
    table = player_table(
        f"faces, {arguments.images} images ({images}), {len(arguments.seeds)} seeds",
        "Final and best IoU, means over images and seeds; moves until the mean IoU is 0.9. No row uses the ground truth"
        " at play.",
    )
    for column in ("learnt from", "final IoU", "best", "moves to 0.9"):
        table.add_column(column, justify="right", no_wrap=True)
    for name in arguments.variants:
        own = [row for row in rows if row.variant == name and row.player != "curve"]
        for player in dict.fromkeys(row.player for row in own):
            same = [row for row in own if row.player == player]
            final, best = (np.mean([getattr(row, field) for row in same]) for field in ("final_iou", "best_iou"))
            moves = [row.moves_to_90 for row in same]
            reached = f"{np.mean(moves):.1f}" if min(moves) >= 0 else "-"
            table.add_row(player, name, f"{final:.3f}", f"{best:.3f}", reached)
    console.print(table)


def _draw_curves(rows: list[PriorRow], path: Path) -> None:
    with saved_figure(path, WIDTH, 3.0) as figure:
        axes = figure.subplots()
        for i, name in enumerate(dict.fromkeys(row.variant for row in rows)):
            curve = [row for row in rows if row.variant == name and row.player == "curve" and row.steps > 0]
            steps = sorted({row.steps for row in curve})
            seeds = dict.fromkeys(row.seed for row in curve)
            scores = [[row.final_iou for row in curve if row.seed == seed] for seed in seeds]
            draw_curve(axes, steps, *mean_curve(np.array(scores)), name, i)
        axes.set(xscale="log", xlabel="gradient steps", ylabel="IoU of the thresholded prior")
        axes.legend(title="learnt from")
        axes.grid(alpha=0.3)


if __name__ == "__main__":
    run_command(main)
