"""The commands of the studies, run for real on a small budget."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from command_line import make_folder
from PIL import Image

from cutout_rl.data.splits import split_of


def run(module: str, *flags: str) -> str:
    command = [sys.executable, "-m", f"cutout_rl.experiments.{module}", *flags]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout


def test_speed_prints_and_writes_every_share_of_the_time(tmp_path: Path) -> None:
    file = tmp_path / "speed.json"
    flags = ("--image-size", "32", "--episodes", "1", "--training-steps", "2048", "--no-growth", "--out", str(file))
    printed = run("speed", *flags)
    figures = json.loads(file.read_text())
    shares = [value for name, value in figures["training"].items() if "%" in name]
    assert abs(sum(shares) - 100) < 1
    assert all(share > 0 for share in shares)
    assert all(figures["breakdown"][whole]["cut"] > 0 for whole in ("step", "reset"))
    parts = (figures["training"], figures["breakdown"]["step"], figures["breakdown"]["reset"])
    assert all(name in printed for part in parts for name in part)
    assert figures["environment"]["steps/s"] > 0
    assert any("cv2.grabCut" in name for name in figures["cold solvers"])


def test_contact_sheet_draws_rows_and_columns(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    size = ("--rows", "2", "--columns", "3", "--image-size", "32")
    assert run("contact_sheet", "--data", "faces", "--out", str(sheet), *size) == f"wrote {sheet}\n"
    assert Image.open(sheet).size == (96, 64)


def test_contact_sheet_of_a_class(tmp_path: Path) -> None:
    root = make_folder(tmp_path / "photos")
    mask = root / "masks" / f"{next(root.glob('images/*')).stem}.png"
    name = mask.stem
    for file in root.glob("masks/*"):
        Image.fromarray(np.where(np.asarray(Image.open(file)) > 0, 15, 7).astype(np.uint8)).save(file)
    sheets = {}
    for number in (7, 15):
        out = tmp_path / f"{number}.png"
        flags = ("--data", str(root), "--split", split_of(name), "--image-size", "32", "--masks-class", str(number))
        run("contact_sheet", *flags, "--masks", "--rows", "1", "--columns", "2", "--out", str(out))
        sheets[number] = np.asarray(Image.open(out)).astype(int)
    # What one class shows, the other darkens.
    assert (sheets[7] != sheets[15]).any(axis=2).mean() > 0.9


def test_stroke_sheet_draws_rows_and_columns(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    size = ("--rows", "2", "--columns", "2")
    assert run("stroke_sheet", "--pretrained", "bc-faces", "--out", str(sheet), *size) == f"wrote {sheet}\n"
    assert Image.open(sheet).size == (2 * 262 - 6, 2 * 262 - 6)
    missing = [sys.executable, "-m", "cutout_rl.experiments.stroke_sheet", "--pretrained", "bc-faces", "--rows", "0"]
    refused = subprocess.run(missing, capture_output=True, text=True, timeout=300, check=False)
    assert refused.returncode == 2
    assert refused.stderr == "error: --rows and --columns must be at least 1.\n"
