"""The table of players and how they did."""

from collections.abc import Sequence
from io import StringIO
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from cutout_rl.evaluation.evaluation import IOU_AFTER, Evaluation
from cutout_rl.evaluation.presence import presence_figures, presence_sentence
from cutout_rl.game.config import GameConfig


def as_rows(evaluations: Sequence[Evaluation]) -> list[dict[str, Any]]:
    """Give one row of JSON-able figures per player; a predictor, which makes no move, lacks those of its moves."""
    return [
        {
            "player": evaluation.label,
            "sees_truth": evaluation.sees_truth,
            "images": len(evaluation.names),
            "final_iou": evaluation.final,
            "standard_error": evaluation.standard_error(),
            **(_of_moves(evaluation) if evaluation.moves else {}),
            **({"presence": presence_figures(evaluation.presence)} if evaluation.presence is not None else {}),
        }
        for evaluation in evaluations
    ]


def _of_moves(evaluation: Evaluation) -> dict[str, float]:
    return {"best_iou": evaluation.best} | {f"iou_after_{moves}": evaluation.after(moves) for moves in IOU_AFTER}


def as_table(evaluations: Sequence[Evaluation], game_config: GameConfig) -> Table:
    """Lay the figures out for the terminal.

    A player that sees the ground truth carries a star; ± is one standard error over the images. Where there are images
    without an object, the caption says how often they were told from the others.
    """
    title = (
        f"{game_config.data}, {game_config.split} split, {len(evaluations[0].names)} images of {game_config.image_size} px,"
        f" {game_config.step_count} steps of {game_config.step_len} px"
    )
    caption = (
        "IoU at the end ± one standard error over the images, at its best moment, and after so many moves."
        " * sees the ground truth."
    )
    for evaluation in evaluations:
        if evaluation.presence is not None:
            caption += f" {evaluation.label} draws no strokes: it answers the image with a mask, at once."
            if evaluation.shows_empty_scenes:
                caption += f" {presence_sentence(evaluation.presence)} An empty mask of such an image has the IoU 1."
    table = player_table(title, caption)
    for name in ("final IoU", "best", *(f"@{moves}" for moves in IOU_AFTER)):
        table.add_column(name, justify="right", no_wrap=True)
    for evaluation in evaluations:
        error = evaluation.standard_error()
        table.add_row(
            starred(evaluation),
            f"{evaluation.final:.3f}" + (f" ± {error:.3f}" if error is not None else ""),
            *(f"{value:.3f}" if evaluation.moves else "-" for value in _of_moves(evaluation).values()),
        )
    return table


def player_table(title: str, caption: str) -> Table:
    """Make a table with a first column for the players, to which others are added."""
    table = Table(
        title=title, caption=caption, box=box.SIMPLE_HEAD, title_justify="left", caption_justify="left", pad_edge=False
    )
    table.add_column("player", no_wrap=True)
    return table


def starred(evaluation: Evaluation) -> str:
    """Give a player's label, with a star if it sees the ground truth."""
    return evaluation.label + (" *" if evaluation.sees_truth else "")


def as_text(table: Table) -> str:
    """Lay a table out for a file, 120 columns wide."""
    text = StringIO()
    Console(file=text, width=120).print(table)
    return text.getvalue()
