"""Other tools read our exports: the same pixels, or the documented loss (`make test-readers`)."""

import os
import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from cutout_rl.annotation.formats import FOLDER_FORMATS, Annotation, encode_coco, encode_via_json

PYTHON = os.environ.get("CUTOUT_RL_READERS", "")
SCRIPT = Path(__file__).parent / "read_with_other_tools.py"
SHAPE = (60, 80)
ROWS, COLUMNS = np.mgrid[: SHAPE[0], : SHAPE[1]]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PYTHON, reason="needs the other tools; run make test-readers"),
]


def masks() -> dict[str, NDArray[np.bool_]]:
    ring = (abs(ROWS - 30) < 20) & (abs(COLUMNS - 42) < 27)
    ring &= ~((abs(ROWS - 25) < 5) & (abs(COLUMNS - 35) < 5)) & ~((abs(ROWS - 40) < 4) & (abs(COLUMNS - 55) < 5))
    parts = ((ROWS < 20) & (COLUMNS < 30)) | ((ROWS > 40) & (COLUMNS > 50)) | ((ROWS == 30) & (COLUMNS == 40))
    noise = cv2.GaussianBlur(np.random.default_rng(0).random(SHAPE), (0, 0), 3)
    disc = np.hypot(ROWS - 30, COLUMNS - 40) < 20
    return {"disc": disc, "ring": ring, "parts": parts, "blobs": noise > np.median(noise), "half": COLUMNS < 40}


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exports")
    (folder / "images").mkdir()
    for name, mask in masks().items():
        Image.fromarray(mask.astype(np.uint8) * 200).convert("RGB").save(folder / "images" / f"{name}.png")
    annotations = [Annotation(f"{name}.png", mask) for name, mask in masks().items()]
    (folder / "coco.json").write_bytes(encode_coco(annotations))
    (folder / "coco-polygons.json").write_bytes(encode_coco(annotations, polygons=True))
    (folder / "via.json").write_bytes(encode_via_json(annotations, {each.image: 1 for each in annotations}))
    for kind, folder_format in FOLDER_FORMATS.items():
        for name, data in folder_format.encode(annotations, "../images"):
            file = folder / kind / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
    return folder


def read_by(tool: str, folder: Path, kind: str, out: Path) -> dict[str, NDArray[np.bool_]]:
    shutil.copytree(folder, out / "exports")
    command = [PYTHON, str(SCRIPT), tool, str(out / "exports"), kind, str(out / "read.npz")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    with np.load(out / "read.npz") as file:
        return {name: file[name] for name in file}


@pytest.mark.parametrize(
    ("tool", "kind"),
    [
        ("pycocotools", "coco.json"),
        ("pycocotools", "coco-polygons.json"),
        ("supervision", "coco.json"),
        ("supervision", "yolo"),
        ("datumaro", "coco.json"),
        ("datumaro", "coco-polygons.json"),
        ("labelme", "labelme"),
        ("scikit-image, centres", "via.json"),
    ],
)
def test_the_same_pixels_are_read(exports: Path, tmp_path: Path, tool: str, kind: str) -> None:
    found = read_by(tool, exports, kind, tmp_path)
    for name, mask in masks().items():
        assert np.array_equal(found[name], mask), name


@pytest.mark.parametrize(("tool", "kind"), [("supervision", "coco-polygons.json"), ("scikit-image", "via.json")])
def test_tools_that_fill_outlines_too_add_a_pixel_at_the_right_and_below(
    exports: Path, tmp_path: Path, tool: str, kind: str
) -> None:
    found = read_by(tool, exports, kind, tmp_path)
    for name, mask in masks().items():
        wider = cv2.dilate(mask.astype(np.uint8), np.ones((2, 2), np.uint8), anchor=(1, 1)) > 0
        assert not (mask & ~found[name]).any(), name
        assert not (found[name] & ~wider).any(), name


def test_supervision_leaves_masks_of_labelme_out(exports: Path, tmp_path: Path) -> None:
    assert not any(mask.any() for mask in read_by("supervision", exports, "labelme", tmp_path).values())
