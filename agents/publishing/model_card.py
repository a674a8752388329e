"""The model card of a pretrained agent (Mitchell et al., FAT* 2019)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import jinja2
from rich.table import Table

from cutout_rl.data import PROCEDURAL
from cutout_rl.data.reported_images import name_images
from cutout_rl.evaluation.evaluation import Evaluation
from cutout_rl.evaluation.tables import as_text
from cutout_rl.runs.run_folder import RunFolder, best_finals
from cutout_rl.utils.atomic_write import write_text

POOR_IOU: Final = 0.5
TAKEN_FROM: Final = {
    "init": "Initial weights: the best of",
    "start_from": "Initial weights: the best of",
    "prior_from": "Object prior: from",
}


def write_model_card(
    agent: RunFolder, evaluations: Sequence[Evaluation], n_modes: int, table: Table, strokes: Table
) -> None:
    """Write `README.md` into an agent's folder.

    Args:
        agent: the folder, with `run.json`, `best.safetensors` and `validation.csv`.
        evaluations: of the agent in each of its modes of play, then of what it is compared with.
        n_modes: how many modes: greedy and sampled, or one.
        table: of these evaluations.
        strokes: of the measures of their strokes.
    """
    record, validation = agent.record(), agent.read("validation.csv")
    scores = best_finals(validation)
    best = scores.index(max(scores))
    played = max(evaluations[:n_modes], key=lambda evaluation: evaluation.final)
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
        n_modes=n_modes,
        sight=how_it_sees(record),
        reads_strokes=record["config"]["algo"] == "interactive",
        n_images=len(played.names),
        images=name_images(played.split, played.indices),
        poor_iou=POOR_IOU,
        n_poor=int((played.iou[:, -1] < POOR_IOU).sum()),
        worst_name=played.names[int(played.iou[:, -1].argmin())],
        worst_iou=played.iou[:, -1].min(),
        start_iou=played.after(0),
    )
    write_text(agent.path / "README.md", card)


def how_it_sees(record: Mapping[str, Any]) -> str:
    """Return what an agent's object prior and moves were learnt from, in sentences, by its record (`run.json`)."""
    return " ".join(filter(None, (_source_of_sight(record), _source_of_moves(record))))


def _source_of_sight(record: Mapping[str, Any]) -> str:
    config = record["config"]
    if config["algo"] == "interactive":
        others = f", and of {' and '.join(config['also'])}" if config["also"] else ""
        return (
            f"The network learnt from simulated strokes and ground-truth masks of {config['data']}{others}. Its encoder"
            " started from the ImageNet weights of EfficientNet-Lite0, which are under the Apache License 2.0"
            " ([text](../APACHE-2.0.txt)); they were trained further."
        )
    for flag in TAKEN_FROM.keys() & record.keys():
        return _source_of_sight(record[flag])
    if config.get("network", "prior") != "prior":
        return "The agent has no object prior."
    if config["prior"] == "masks":
        return (
            f"The object prior was learnt from {config['prior_images']:,} images with ground-truth masks:"
            " the agent was told what the object is before it played."
        )
    later = (
        ", and then of episodes played with it" if config.get("prior_refinement", config.get("refinement", 0)) else ""
    )
    return (
        f"The object prior was learnt from rewards: the IoUs of the masks of {config['prior_episodes']:,} episodes of"
        f" random strokes{later}. No ground-truth mask was read for it."
    )


def _source_of_moves(record: Mapping[str, Any]) -> str:
    """Return a sentence; none for an agent that searches, because it learns no moves."""
    config = record["config"]
    if config["algo"] == "bc":
        teacher = "an expert that traces the ground truth" if config["demonstrations"] is None else "demonstrations"
        return f"The moves were cloned from {teacher}."
    if config["algo"] in ("interactive", "planner"):
        return ""
    if "init" in record and (start := _source_of_moves(record["init"])):
        return f"{start} Then they were learnt further from rewards."
    return "The moves were learnt from rewards."


def _ancestors(record: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for flag in TAKEN_FROM.keys() & record.keys():
        yield TAKEN_FROM[flag], record[flag]
        yield from _ancestors(record[flag])


def _stripped(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
