"""`cutout_rl.annotate`: full-size masks in every format, without repeated work."""

import csv
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from command_line import Run, assert_one_sentence
from numpy.typing import NDArray
from PIL import Image
from pycocotools.coco import COCO
from scenes import blob_sample

from cutout_rl.agents import pretrained
from cutout_rl.annotate import AnnotateArguments, _find_agent
from cutout_rl.annotation.formats import (
    decode_coco,
    decode_labelme,
    decode_trajectories,
    decode_via_csv,
    decode_via_json,
)
from cutout_rl.annotation.start_points_file import DEFAULT_POINTS, start_points_in_square
from cutout_rl.data import open_source
from cutout_rl.data.splits import split_of
from cutout_rl.data.synthetic.faces import FacesSource
from cutout_rl.evaluation.demonstrations import save
from cutout_rl.game.game import Game
from cutout_rl.game.reward import intersection_over_union
from cutout_rl.game.strokes import resize_labels
from cutout_rl.utils.errors import CutOutError

FORMATS = (
    *("masks", "scribbles", "indexed", "coco", "coco-polygons", "via-csv", "via-json", "labelme", "yolo"),
    "trajectories",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write three blobs: a wide one, a large one, and a small one rotated by EXIF data."""
    root = tmp_path / "photographs"
    root.mkdir()
    Image.fromarray(blob_sample(48, 0).image).resize((60, 40)).save(root / "wide.png")
    Image.fromarray(blob_sample(300, 1).image).save(root / "large.bmp")
    turned = Image.fromarray(blob_sample(24, 2).image).crop((0, 4, 24, 20))
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save(root / "turned.jpg", exif=exif)
    (root / "notes.txt").write_text("no image")
    return root


SHAPES = {"large.bmp": (300, 300), "turned.jpg": (24, 16), "wide.png": (40, 60)}


def mask_of(folder: Path, name: str) -> NDArray[np.bool_]:
    return np.asarray(Image.open(folder / "annotations" / "masks" / f"{Path(name).stem}.png")) == 255


def test_every_format_encodes_the_same_masks(run: Run, ppo_run: Path, folder: Path) -> None:
    outcome = run("annotate", folder, "--agent", ppo_run, "--export", *FORMATS)
    assert outcome.status == 0, outcome
    out = folder / "annotations"
    for kind in FORMATS:
        assert f"{kind} of 3 images: {out}" in outcome.out.replace("\n", "")
    for data, decode in (
        ("coco.json", decode_coco),
        ("coco-polygons.json", decode_coco),
        ("via.csv", decode_via_csv),
        ("via.json", decode_via_json),
    ):
        annotations = list(decode((out / data).read_bytes(), SHAPES))
        assert [annotation.image for annotation in annotations] == list(SHAPES)
        for annotation in annotations:
            assert np.array_equal(annotation.mask, mask_of(folder, annotation.image))
    for name, shape in SHAPES.items():
        mask = mask_of(folder, name)
        assert mask.shape == shape
        assert mask[shape[0] // 2, shape[1] // 2]
        stem = Path(name).stem
        assert np.array_equal(np.asarray(Image.open(out / "indexed" / f"{stem}.png")), mask)
        scribbles = np.asarray(Image.open(out / "scribbles" / f"{stem}.png"))
        assert scribbles.shape == shape
        assert set(np.unique(scribbles)) == {0, 1, 2}
    for name in SHAPES:  # labelme opens the image by the path in its file
        record = json.loads((out / "labelme" / f"{Path(name).stem}.json").read_text())
        assert (out / "labelme" / record["imagePath"]).resolve() == (folder / name).resolve()
        (annotation,) = decode_labelme(json.dumps(record).encode(), SHAPES)
        assert np.array_equal(annotation.mask, mask_of(folder, name))
        assert (out / "yolo" / "labels" / f"{Path(name).stem}.txt").read_text().startswith("0 ")
    coco = COCO(out / "coco.json")
    for number in coco.getImgIds():
        (entry,) = coco.loadAnns(coco.getAnnIds(number))
        assert np.array_equal(coco.annToMask(entry), mask_of(folder, coco.imgs[number]["file_name"]))


def test_trajectories_draw_the_scribbles_again(run: Run, ppo_run: Path, folder: Path) -> None:
    assert run("annotate", folder, "--agent", ppo_run, "--export", "trajectories").status == 0
    played = decode_trajectories((folder / "annotations" / "trajectories.json").read_bytes())
    assert played.player == "ppo, greedy"
    assert np.isnan(played.iou).all()
    assert (played.game_config.reward, played.game_config.stop_action) == ("end", True)
    assert played.index.tolist() == [0, 1, 2]
    with pytest.raises(CutOutError, match="ppo, greedy played images without masks"):
        save(played, folder / "kept")
    for episode, (name, shape) in enumerate(SHAPES.items()):
        assert played.names[episode] == name
        (inside, outside) = played.start[episode].tolist()
        assert (tuple(inside), tuple(outside)) == start_points_in_square(name, DEFAULT_POINTS, shape, 32)
        game = Game(
            blob_sample(32),
            (tuple(inside), tuple(outside)),
            played.game_config.settings(),
        )
        for move in played.moves(episode):
            game.step(move)
        drawn = np.asarray(Image.open(folder / "annotations" / "scribbles" / f"{Path(name).stem}.png"))
        assert np.array_equal(resize_labels(game.labels, shape), drawn)


def test_faces_are_cut_out_at_their_full_size(run: Run, tmp_path: Path) -> None:
    faces = FacesSource("test", 300)
    (tmp_path / "images").mkdir()
    for index in range(4):
        Image.fromarray(faces[index].image).save(tmp_path / "images" / f"{index}.png")
    outcome = run("annotate", tmp_path, "--pretrained", "bc-faces", "--out", tmp_path)
    assert outcome.status == 0, outcome
    masks = [np.asarray(Image.open(tmp_path / "masks" / f"{index}.png")) == 255 for index in range(4)]
    ious = [
        intersection_over_union(mask, face.mask, face.void)
        for mask, face in zip(masks, (faces[index] for index in range(4)), strict=True)
    ]
    assert np.mean(ious) > 0.85
    # Images and masks are now pairs of a data source.
    pairs = open_source(str(tmp_path), split_of("0"), 300)
    sample = pairs[0]
    assert np.array_equal(sample.mask, masks[int(sample.name)])


def test_what_is_done_is_not_done_again_unless_it_changed(run: Run, ppo_run: Path, own_run: Path, folder: Path) -> None:
    command = ("annotate", folder, "--agent", ppo_run)
    assert run(*command).status == 0
    plays = folder / "annotations" / "plays"

    def redone(*flags: object) -> set[str]:
        before = {file.name: file.stat().st_ino for file in plays.iterdir()}
        outcome = run(*command, *flags)
        assert outcome.status == 0, outcome
        return {
            file.name.removesuffix(".json") for file in plays.iterdir() if before.get(file.name) != file.stat().st_ino
        }

    assert redone() == set()
    (plays / "wide.png.json").unlink()
    assert redone() == {"wide.png"}
    (plays / "wide.png.json").write_text('{"image": "wide')
    assert redone() == {"wide.png"}
    Image.fromarray(blob_sample(52, 3).image).save(folder / "large.bmp")
    assert redone() == {"large.bmp"}
    (folder / "points.csv").write_text("image,inside_x,inside_y,outside_x,outside_y\nwide.png,30.5,20,,\n")
    assert redone("--points", folder / "points.csv") == {"wide.png"}
    assert redone() == {"wide.png"}
    record = json.loads((own_run / "run.json").read_text())
    (own_run / "run.json").write_text(json.dumps(record | {"started": "later"}))
    command = ("annotate", folder, "--agent", own_run)
    assert redone() == set(SHAPES)


def test_a_killed_command_resumes(run: Run, ppo_run: Path, tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    for seed in range(40):
        Image.fromarray(blob_sample(200, seed).image).save(tmp_path / "images" / f"{seed}.png")
    command = [sys.executable, "-m", "cutout_rl.annotate", tmp_path, "--agent", ppo_run, "--out", tmp_path / "killed"]
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL)
    plays = tmp_path / "killed" / "plays"
    deadline = time.monotonic() + 120
    while not any(plays.glob("[0-9]*.json")) and time.monotonic() < deadline:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    done = len(list(plays.glob("[0-9]*.json")))
    assert 0 < done < 40
    outcome = run("annotate", tmp_path, "--agent", ppo_run, "--out", tmp_path / "killed")
    assert outcome.status == 0, outcome
    assert f"{done} of 40 images are done already" in outcome.out
    assert run("annotate", tmp_path, "--agent", ppo_run, "--out", tmp_path / "whole").status == 0
    files = sorted(file.relative_to(tmp_path / "whole") for file in (tmp_path / "whole").rglob("*"))
    assert files == sorted(file.relative_to(tmp_path / "killed") for file in (tmp_path / "killed").rglob("*"))
    for file in files:
        if (tmp_path / "whole" / file).is_file():
            assert (tmp_path / "whole" / file).read_bytes() == (tmp_path / "killed" / file).read_bytes()


KILLED_AT_THE_SIXTH = """
import itertools, os, runpy, signal
from cutout_rl.annotation import inference

os.cpu_count = lambda: 1
calls, upsample_mask = itertools.count(1), inference.upsample_mask

def upsample_five(*arguments):
    if next(calls) == 6:
        os.kill(os.getpid(), signal.SIGKILL)
    return upsample_mask(*arguments)

inference.upsample_mask = upsample_five
runpy.run_module("cutout_rl.annotate", run_name="__main__")
"""


def test_a_killed_command_has_kept_every_image_that_was_done(ppo_run: Path, tmp_path: Path) -> None:
    for seed in range(8):
        Image.fromarray(blob_sample(40, seed).image).save(tmp_path / f"{seed}.png")
    command = [sys.executable, "-c", KILLED_AT_THE_SIXTH, tmp_path, "--agent", ppo_run]
    assert subprocess.run(list(map(str, command)), timeout=120, check=False).returncode == -signal.SIGKILL
    assert len(list((tmp_path / "annotations" / "plays").glob("[0-9]*.json"))) == 5


def test_edited_masks_are_exported_as_they_are(run: Run, ppo_run: Path, folder: Path) -> None:
    assert run("annotate", folder, "--agent", ppo_run).status == 0
    edited = np.zeros((40, 60), np.uint8)
    edited[3:9, 5:8] = 255
    file = folder / "annotations" / "masks" / "wide.png"
    Image.fromarray(edited).save(file)
    assert run("annotate", folder, "--agent", ppo_run).status == 0
    *_, annotation = decode_coco((folder / "annotations" / "coco.json").read_bytes(), SHAPES)
    assert np.array_equal(annotation.mask, edited > 0)
    Image.fromarray(edited[1:]).save(file)
    assert_one_sentence(run("annotate", folder, "--agent", ppo_run), str(file), "60 x 40", "wide.png.json")


def test_bad_images_are_named_or_left_out(run: Run, ppo_run: Path, folder: Path) -> None:
    (folder / "bad.png").write_bytes(b"no image")
    assert_one_sentence(run("annotate", folder, "--agent", ppo_run), "bad.png cannot be read")
    outcome = run("annotate", folder, "--agent", ppo_run, "--skip-bad", "--export", "via-csv")
    assert outcome.status == 0, outcome
    assert "skipped: " in outcome.out
    assert "via-csv of 3 images" in outcome.out
    with (folder / "annotations" / "via.csv").open() as stream:
        assert {row["filename"] for row in csv.DictReader(stream)} == set(SHAPES)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("image,x,y\n", "columns image,inside_x"),
        ("image,inside_x,inside_y,outside_x,outside_y\nwide.png,1,2\n", "columns image,inside_x"),
        ("image,inside_x,inside_y,outside_x,outside_y\nwide.png,a,2,3,4\n", "of numbers"),
        ("image,inside_x,inside_y,outside_x,outside_y\n../wide.png,1,2,3,4\n", "missing or listed twice"),
        ("image,inside_x,inside_y,outside_x,outside_y\nwide.png,1,2,3,4\nwide.png,1,2,3,4\n", "twice"),
        ("image,inside_x,inside_y,outside_x,outside_y\nwide.png,60,2,3,4\n", "60 x 40"),
        ("image,inside_x,inside_y,outside_x,outside_y\nwide.png,nan,2,3,4\n", "60 x 40"),
        ("image,inside_x,inside_y,outside_x,outside_y\nwide.png,1,,3,4\n", "60 x 40"),
        ("image,inside_x,inside_y,outside_x,outside_y\nwide.png,3.1,4.1,3,4\n", "one pixel"),
    ],
)
def test_start_points_that_do_not_fit(run: Run, ppo_run: Path, folder: Path, text: str, said: str) -> None:
    (folder / "points.csv").write_text(text)
    outcome = run("annotate", folder, "--agent", ppo_run, "--points", folder / "points.csv")
    assert_one_sentence(outcome, said)


def test_folders_without_images(run: Run, ppo_run: Path, tmp_path: Path) -> None:
    assert_one_sentence(run("annotate", tmp_path / "none", "--agent", ppo_run), "no folder")
    assert_one_sentence(run("annotate", tmp_path, "--agent", ppo_run), "contains no images")
    Image.new("RGB", (20, 20)).save(tmp_path / "one.png")
    assert_one_sentence(run("annotate", tmp_path, "--pretrained", "bc-faces", "--agent", ppo_run), "two agents")
    Image.new("RGB", (20, 20)).save(tmp_path / "one.bmp")
    assert_one_sentence(run("annotate", tmp_path, "--agent", ppo_run), "one.bmp and one.png")


def test_folder_named_faces_gets_the_agent_for_anything_too() -> None:
    assert _find_agent(AnnotateArguments(Path("faces"))).path.name == pretrained.DEFAULT
