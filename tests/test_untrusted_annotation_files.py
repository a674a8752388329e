"""Sources of annotated images read any file, or refuse it in a sentence: pipes, devices, depth, size and damage."""

import copy
import json
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from annotation_files import (
    BRUSH,
    TILTED,
    coco,
    edit,
    labelme,
    photograph,
    rect,
    region,
    samples,
    shape,
    via,
)
from command_line import refusal_of

from cutout_rl.utils.errors import CutOutError


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    photograph(tmp_path / "q.png")
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "folder.json").mkdir()
    for data in (f"coco:{tmp_path / 'pipe.json'}", f"via:{tmp_path / 'pipe.json'}", "via:/dev/zero", "coco:/dev/zero"):
        assert "no regular file" in refusal_of(lambda data=data: samples(data))
    labelme(tmp_path / "q.json", "q.png", shape("polygon", *TILTED))
    assert len(samples(f"labelme:{tmp_path}")) == 1
    with (tmp_path / "sparse.json").open("wb") as stream:
        stream.truncate(6 * 2**30)
    assert "is larger than" in refusal_of(lambda: samples(f"via:{tmp_path / 'sparse.json'}"))
    (tmp_path / "deep.json").write_text("[" * 100_000)
    for kind in ("via", "coco"):
        assert "not valid JSON" in refusal_of(lambda kind=kind: samples(f"{kind}:{tmp_path / 'deep.json'}"))


WEIRD = [
    *(None, True, 0, -1, 1.5, 1e308, 10**30, "", "1", "\u202e", "x" * 5000, "../x", [], [[]], [1], [[1, 2]], {}),
    *({"a": 1}, [None], ["a"], float("inf"), "c1.png", "polygon", {"size": [40, 40], "counts": "abc"}),
]


def mutated(value: Any, generator: random.Random) -> Any:
    """Replace, remove or repeat one to three values somewhere in a JSON value."""
    value = copy.deepcopy(value)
    for _ in range(generator.choice([1, 1, 2, 3])):
        holder, key = generator.choice(list(places(value)))
        action = generator.random()
        if action < 0.15:
            del holder[key]
        elif action < 0.25 and isinstance(holder, list):
            holder.append(copy.deepcopy(holder[key]))
        else:
            holder[key] = copy.deepcopy(generator.choice(WEIRD))
    return value


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from places(value[key])


@pytest.mark.parametrize("kind", ["coco", "via", "labelme"])
def test_any_damage_is_read_or_refused_in_a_sentence(tmp_path: Path, kind: str) -> None:
    photograph(tmp_path / "c1.png")
    if kind == "coco":
        file = Path(coco(tmp_path / "coco.json", "c1.png", "c1.png").partition(":")[2])
        edit(f"coco:{file}", "annotations", 1, segmentation=BRUSH)
    elif kind == "via":
        ellipse = region("ellipse", {"object": "1", "category": "x"}, cx=20, cy=20, rx=15, ry=6, theta=0.3)
        via(tmp_path, ("c1.png", 1, [rect(5), ellipse]))
        file = tmp_path / "via.json"
    else:
        file = tmp_path / "c1.json"
        labelme(file, "c1.png", shape("polygon", *TILTED), shape("circle", (20, 20), (20, 30)), shape("mask", (1, 1)))
    record, generator = json.loads(file.read_text()), random.Random(7)
    said: list[str] = []
    for _ in range(30):
        file.write_text(json.dumps(mutated(record, generator)))
        for skip_bad in (False, True):
            # Any exception but CutOutError fails the test.
            try:
                samples(f"{kind}:{tmp_path if kind == 'labelme' else file}", skip_bad=skip_bad)
            except CutOutError as error:
                said.append(str(error))
    assert said
    assert not any("\n" in sentence or len(sentence) > 2000 for sentence in said)
