"""Images that EXIF data turns, with masks in either frame, and levels of 12 bits in files of 16."""

import json
import logging
import struct
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from command_line import refusal_of
from numpy.typing import NDArray
from PIL import Image, ImageOps

from cutout_rl.annotation.formats import Annotation, encode_coco
from cutout_rl.data.decoding import read_image, read_size
from cutout_rl.data.frame import Frame
from cutout_rl.data.image_files import orientation_of, read_header, turn_upright
from cutout_rl.data.registry import open_source
from cutout_rl.data.source import Sample
from cutout_rl.data.splits import split_of
from cutout_rl.utils.warn_once import warn_once

SPLIT = split_of("turned")


@pytest.fixture(autouse=True)
def _warn_again() -> None:
    warn_once.cache_clear()


def scene(height: int, width: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Return an image, stored as it is, and the mask of its red rectangle off the centre."""
    mask = np.zeros((height, width), np.bool_)
    mask[4 : height // 2, 6 : width // 3] = True
    return np.where(mask[..., None], np.uint8([200, 30, 40]), np.uint8(240)).astype(np.uint8), mask


def save_turned(path: Path, pixels: NDArray[np.uint8], orientation: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(pixels)
    exif = image.getexif()
    exif[0x0112] = orientation
    image.save(path, exif=exif)


def only_sample(data: str, frame: Frame = "upright") -> Sample:
    return open_source(data, SPLIT, 64, masks_frame=frame)[0]


def lies_on_the_object(sample: Sample) -> bool:
    red = sample.image[..., 1] < 128
    return bool((red & sample.mask).sum() > 0.9 * (red | sample.mask).sum())


@pytest.mark.parametrize("orientation", range(1, 9))
def test_arrays_turn_as_pillow_turns_images(tmp_path: Path, orientation: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    save_turned(tmp_path / "a.png", pixels, orientation)
    with Image.open(tmp_path / "a.png") as image:
        assert orientation_of(image) == orientation
        assert np.array_equal(turn_upright(pixels, orientation), np.asarray(ImageOps.exif_transpose(image)))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("suffix", "kind"),
    [
        *(("jpg", "RGB"), ("webp", "RGB")),
        *((suffix, kind) for suffix in ("png", "tif") for kind in ("RGB", "RGBA", "L", "16 bits", "RGB of 16 bits")),
    ],
)
def test_every_format_is_turned_alike(tmp_path: Path, orientation: int, suffix: str, kind: str) -> None:
    pixels = np.repeat(np.random.default_rng(0).integers(0, 256, (5, 7, 1), np.uint8), 3, axis=2)
    path = tmp_path / f"a.{suffix}"
    if kind == "RGB of 16 bits":
        save_deep(path, pixels.astype(np.uint16) * 257, orientation)
    else:
        if kind == "16 bits":
            image = Image.fromarray(pixels[..., 0].astype(np.uint16) * 257)
        else:
            image = Image.fromarray(pixels).convert(kind)
        exif = image.getexif()
        exif[0x0112] = orientation
        image.save(path, exif=exif, **{"jpg": {"quality": 100}, "webp": {"lossless": True}}.get(suffix, {}))
    upright = turn_upright(pixels, orientation)
    assert read_size(path) == upright.shape[:2]
    assert read_header(path) == ((5, 7), orientation)
    read = np.asarray(read_image(path)).astype(int)
    assert read.shape == upright.shape
    assert np.abs(read - upright).max() <= (8 if suffix == "jpg" else 1)


def save_deep(path: Path, pixels: NDArray[np.uint16], orientation: int) -> None:
    """Save three channels of 16 bits, which Pillow cannot write."""
    cv2.imwrite(str(path), pixels[..., ::-1])
    if path.suffix == ".png":
        with_exif = path.with_name("exif.png")
        save_turned(with_exif, np.zeros((1, 1, 3), np.uint8), orientation)
        chunk = with_exif.read_bytes()
        start = chunk.index(b"eXIf") - 4 if orientation != 1 or b"eXIf" in chunk else None
        if start is not None:
            end = start + 12 + int.from_bytes(chunk[start : start + 4], "big")
            data = path.read_bytes()
            path.write_bytes(data[:33] + chunk[start:end] + data[33:])
    else:
        data = bytearray(path.read_bytes())
        assert data[:2] == b"II"
        count_at = int.from_bytes(data[4:8], "little")
        count = int.from_bytes(data[count_at : count_at + 2], "little")
        for entry in range(count_at + 2, count_at + 2 + 12 * count, 12):
            if int.from_bytes(data[entry : entry + 2], "little") == 274:
                data[entry + 8] = orientation
                path.write_bytes(data)
                return
        # The tag is added by writing the directory again at the end.
        tags = [bytes(data[at : at + 12]) for at in range(count_at + 2, count_at + 2 + 12 * count, 12)]
        tags.append(struct.pack("<HHIHH", 274, 3, 1, orientation, 0))
        tags.sort(key=lambda tag: int.from_bytes(tag[:2], "little"))
        data[4:8] = len(data).to_bytes(4, "little")
        path.write_bytes(bytes(data) + struct.pack("<H", len(tags)) + b"".join(tags) + bytes(4))


def folder_of(root: Path, orientation: int, stored_mask: bool, size: tuple[int, int]) -> str:
    pixels, mask = scene(*size)
    save_turned(root / "images" / "turned.png", pixels, orientation)
    (root / "masks").mkdir()
    Image.fromarray(mask if stored_mask else turn_upright(mask, orientation)).save(root / "masks" / "turned.png")
    return str(root)


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
@pytest.mark.parametrize("stored_mask", [False, True])
@pytest.mark.parametrize("frame", ["upright", "stored"])
def test_the_size_tells_the_frame(
    tmp_path: Path, orientation: int, stored_mask: bool, frame: Frame, caplog: pytest.LogCaptureFixture
) -> None:
    data = folder_of(tmp_path, orientation, stored_mask, (64, 96))
    assert lies_on_the_object(only_sample(data, frame))
    assert not caplog.records


@pytest.mark.parametrize(("orientation", "size"), [(3, (64, 96)), (2, (64, 96)), (4, (64, 96)), (6, (64, 64))])
@pytest.mark.parametrize("frame", ["upright", "stored"])
def test_where_no_size_tells_the_user_does(
    tmp_path: Path, orientation: int, size: tuple[int, int], frame: Frame, caplog: pytest.LogCaptureFixture
) -> None:
    data = folder_of(tmp_path, orientation, frame == "stored", size)
    with caplog.at_level(logging.WARNING):
        assert lies_on_the_object(only_sample(data, frame))
    (record,) = caplog.records
    other = "stored" if frame == "upright" else "upright"
    assert "turned.png" in record.message
    assert f"--masks-frame {other}" in record.message
    assert not lies_on_the_object(only_sample(data, "upright" if frame == "stored" else "stored"))


def labelme(root: Path, mask: NDArray[np.bool_], **sizes: Any) -> str:
    rows, columns = np.nonzero(mask)
    corners = [[int(columns.min()), int(rows.min())], [int(columns.max()) + 1, int(rows.max()) + 1]]
    shape = {"label": "x", "points": corners, "group_id": None, "shape_type": "rectangle"}
    record = {"shapes": [shape], "imagePath": "turned.png", **sizes}
    (root / "turned.json").write_text(json.dumps(record))
    return f"labelme:{root}"


@pytest.mark.parametrize("frame", ["upright", "stored"])
def test_labelme_without_sizes(tmp_path: Path, frame: Frame, caplog: pytest.LogCaptureFixture) -> None:
    pixels, mask = scene(64, 96)
    save_turned(tmp_path / "turned.png", pixels, 6)
    data = labelme(tmp_path, mask if frame == "stored" else turn_upright(mask, 6), imageHeight=None)
    with caplog.at_level(logging.WARNING):
        assert lies_on_the_object(only_sample(data, frame))
    assert "--masks-frame" in caplog.text


def test_labelme_and_coco_in_the_stored_frame_by_size(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    pixels, mask = scene(64, 96)
    save_turned(tmp_path / "turned.png", pixels, 8)
    data = labelme(tmp_path, mask, imageHeight=64, imageWidth="96")
    (tmp_path / "coco.txt").write_bytes(encode_coco([Annotation("turned.png", mask)]))
    for each in (data, f"coco:{tmp_path / 'coco.txt'}"):
        assert lies_on_the_object(only_sample(each))
    assert not caplog.records
    labelme(tmp_path, mask, imageHeight=64, imageWidth=97)
    assert "states another size" in refusal_of(lambda: only_sample(data))


def test_exif_data_behind_the_pixels_of_a_png_turns_it(tmp_path: Path) -> None:
    save_turned(tmp_path / "a.png", scene(8, 12)[0], 6)
    data = (tmp_path / "a.png").read_bytes()
    start = data.index(b"eXIf") - 4
    end = start + 12 + int.from_bytes(data[start : start + 4], "big")
    trailer = data.index(b"IEND") - 4
    (tmp_path / "a.png").write_bytes(data[:start] + data[end:trailer] + data[start:end] + data[trailer:])
    assert read_size(tmp_path / "a.png") == (12, 8)
    assert read_image(tmp_path / "a.png").size == (8, 12)


@pytest.mark.parametrize("bits", [10, 12, 14])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_levels_of_few_bits_in_16_are_stretched_and_named(
    tmp_path: Path, bits: int, channels: int, suffix: str, caplog: pytest.LogCaptureFixture
) -> None:
    top = 2**bits - 1
    levels = np.linspace(0, top, 48).round().astype(np.uint16).reshape(6, 8)
    pixels = levels if channels == 1 else np.repeat(levels[..., None], 3, axis=2)
    path = tmp_path / f"camera.{suffix}"
    cv2.imwrite(str(path), pixels)
    with caplog.at_level(logging.WARNING):
        read = np.asarray(read_image(path))
    assert np.abs(read[..., 1] - levels * 255.0 / top).max() <= 0.51
    assert f"camera.{suffix} holds levels of {bits} bits in 16" in caplog.text


def test_levels_of_16_bits_are_reduced_without_a_word(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    colours = np.array([[[65535, 0, 257 * 40], [257 * 200, 257 * 3, 0]]], np.uint16)
    cv2.imwrite(str(tmp_path / "deep.png"), colours[..., ::-1])
    assert np.array_equal(np.asarray(read_image(tmp_path / "deep.png")), colours // 257)
    assert not caplog.records


def test_levels_that_cannot_be_shown_are_refused(tmp_path: Path) -> None:
    for number, values in enumerate((np.float32([[0.1, 0.5]]), np.int32([[0, 70_000]]))):
        Image.fromarray(values).save(tmp_path / f"{number}.tif")
        assert "save it in 8 bits" in refusal_of(lambda number=number: read_image(tmp_path / f"{number}.tif"))
