"""Tables of evaluations."""

from collections.abc import Sequence
from io import StringIO

from rich import box
from rich.console import Console
from rich.table import Table

from cutout_rl.data.reported_images import name_images
from cutout_rl.evaluation.evaluation import IOU_AFTER, Evaluation
from cutout_rl.evaluation.image_scores import ImageScores
from cutout_rl.evaluation.mask_evaluation import MaskEvaluation
from cutout_rl.evaluation.presence import presence_sentence
from cutout_rl.game.config import GameConfig


def as_table(evaluations: Sequence[Evaluation], game_config: GameConfig) -> Table:
    """Lay out the scores of players for the terminal, one row each."""
    title = f"{_images(evaluations[0], game_config)}, {game_config.step_count} steps of {game_config.step_len} px"
    table = player_table(
        title,
        "Final IoU ± one standard error over the images, best IoU within the episode, and IoU after so many steps."
        " * uses the ground truth.",
    )
    for name in ("final IoU", "best", *(f"@{steps}" for steps in IOU_AFTER)):
        table.add_column(name, justify="right", no_wrap=True)
    for evaluation in evaluations:
        values = (evaluation.best, *(evaluation.after(steps) for steps in IOU_AFTER))
        table.add_row(starred(evaluation), _with_error(evaluation), *(f"{value:.3f}" for value in values))
    return table


def mask_table(evaluation: MaskEvaluation, game_config: GameConfig) -> Table:
    """Lay out the scores of a predictor for the terminal.

    Where some images contain no object, the caption reports how often their presence was classified correctly.
    """
    caption = "Mean IoU ± one standard error over the images, of masks predicted without strokes."
    if evaluation.has_empty_images:
        caption += f" {presence_sentence(evaluation.presence)} An empty mask of an image without an object has IoU 1."
    table = player_table(_images(evaluation, game_config), caption)
    table.add_column("IoU", justify="right", no_wrap=True)
    table.add_row(evaluation.label, _with_error(evaluation))
    return table


def player_table(title: str, caption: str) -> Table:
    """Create a table whose first column names the players."""
    table = Table(
        title=title, caption=caption, box=box.SIMPLE_HEAD, title_justify="left", caption_justify="left", pad_edge=False
    )
    table.add_column("player", no_wrap=True)
    return table


def starred(evaluation: Evaluation) -> str:
    """Return a player's label, with a star if it uses the ground truth."""
    return evaluation.label + (" *" if evaluation.sees_truth else "")


def as_text(table: Table) -> str:
    """Render a table for a text file, 120 columns wide."""
    text = StringIO()
    Console(file=text, width=120).print(table)
    return text.getvalue()


def _images(scores: ImageScores, game_config: GameConfig) -> str:
    where = name_images(scores.split, scores.indices)
    return f"{game_config.data}, {len(scores.names)} images ({where}) of {game_config.image_size} px"


def _with_error(scores: ImageScores) -> str:
    error = scores.standard_error()
    return f"{scores.final:.3f}" + (f" ± {error:.3f}" if error is not None else "")
