"""The model card of a pretrained agent (Mitchell et al., FAT* 2019)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import jinja2
import numpy as np
from rich.table import Table

from cutout_rl.data import PROCEDURAL
from cutout_rl.data.reported_images import name_images
from cutout_rl.evaluation.evaluation import Evaluation
from cutout_rl.evaluation.tables import as_text
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.utils.atomic_write import write_text

POOR_IOU: Final = 0.5
TAKEN_FROM: Final = {"init": "Initial weights: the best of", "prior_from": "Object prior: from"}


def write_model_card(agent: RunFolder, evaluations: Sequence[Evaluation], table: Table, strokes: Table) -> None:
    """Write `README.md` into an agent's folder.

    Args:
        agent: the folder, with `run.json`, `best.safetensors` and `validation.csv`.
        evaluations: of the agent's greedy and sampled play, then of the baselines.
        table: of these evaluations.
        strokes: of the measures of their strokes.
    """
    record, validation = agent.record(), agent.read("validation.csv")
    scores = np.maximum(validation["greedy_final"], validation["sampled_final"])
    best = int(scores.argmax())
    played = max(evaluations[:2], key=lambda evaluation: evaluation.final)
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("cutout_rl.agents.publishing"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    card = environment.get_template("model_card.md").render(
        name=agent.path.name,
        record=record,
        lineage=list(_ancestors(record)),
        config=record["config"],
        needs_data=record["config"]["data"] not in PROCEDURAL,
        megabytes=(agent.path / "best.safetensors").stat().st_size / 1e6,
        steps=validation["timesteps"][-1],
        best_step=validation["timesteps"][best],
        best_score=scores[best],
        table=_stripped(as_text(table)),
        strokes=_stripped(as_text(strokes)),
        played=played,
        n_images=len(played.names),
        images=name_images(played.split, played.indices),
        poor_iou=POOR_IOU,
        n_poor=int((played.iou[:, -1] < POOR_IOU).sum()),
        worst_name=played.names[int(played.iou[:, -1].argmin())],
        worst_iou=played.iou[:, -1].min(),
        start_iou=played.after(0),
    )
    write_text(agent.path / "README.md", card)


def _ancestors(record: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for flag in TAKEN_FROM.keys() & record.keys():
        yield TAKEN_FROM[flag], record[flag]
        yield from _ancestors(record[flag])


def _stripped(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
