"""What the levels of mask files mean: classes, palettes, transparency and depth, equally for every reader of masks."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import refusal_of
from numpy.typing import NDArray
from page_server import SIZE, make_app_state
from PIL import Image

from cutout_rl.annotation.formats import decode_indexed, decode_mask, decode_scribbles, encode_scribbles
from cutout_rl.data import Sample, open_source
from cutout_rl.data.decoding import (
    BACKGROUND,
    OBJECT,
    VOID,
    read_class_trimap,
    read_labels,
    read_noisy_trimap,
    read_trimap,
)
from cutout_rl.data.splits import split_of
from cutout_rl.web.drawing import Drawing
from cutout_rl.web.imports import import_annotations

ROWS, COLUMNS = np.mgrid[:64, :64]
DISTANCE = np.hypot(ROWS - 30, COLUMNS - 34)
DISC, RING = DISTANCE < 18, (DISTANCE >= 18) & (DISTANCE < 21)
RECTANGLE = np.zeros((64, 64), np.bool_)
RECTANGLE[10:40, 20:60] = True


def classes(object_number: int, void: int, dtype: Any = np.uint8) -> Image.Image:
    """Return a label map: a disc of a class with a ring of void."""
    return Image.fromarray(np.select([DISC, RING], [object_number, void], 0).astype(dtype))


def with_palette(numbers: Image.Image, colours: list[int]) -> Image.Image:
    image = Image.fromarray(np.asarray(numbers).copy())
    image.putpalette(colours)
    return image


VOC_COLOURS = [0] * 45 + [192, 128, 128] + [0] * 717 + [224, 224, 192]
CLASS_MASKS = {
    "palette": (classes(15, 255).copy(), 15),
    "coloured palette": (with_palette(classes(15, 255), VOC_COLOURS), 15),
    "grey": (classes(2, 255), 2),
    "high number": (classes(100, 255), 100),
    "beside void": (classes(120, 255), 120),
    "RGB": (classes(7, 255).convert("RGB"), 7),
    "16 bit": (classes(7, 65535, np.uint16), 7),
    "16 bit, low void": (classes(7, 255, np.uint16), 7),
    "class 300": (classes(300, 65535, np.uint16), 300),
}


def pair(root: Path, mask: Image.Image, suffix: str = "png", **flags: Any) -> str:
    for folder in ("images", "masks"):
        (root / folder).mkdir(exist_ok=True)
    Image.new("RGB", mask.size, (90, 90, 90)).save(root / "images" / "a1.png")
    mask.save(root / "masks" / f"a1.{suffix}", **flags)
    return str(root)


def sample(data: str, size: int = 64, masks_class: int | None = None) -> Sample:
    return open_source(data, split_of("a1"), size, masks_class=masks_class)[0]


@pytest.mark.parametrize("kind", CLASS_MASKS)
def test_a_class_mask_is_refused_or_read_by_its_class(tmp_path: Path, kind: str) -> None:
    mask, number = CLASS_MASKS[kind]
    data = pair(tmp_path, mask)
    message = refusal_of(lambda: sample(data))
    assert "a1.png holds levels other than 0 and 255" in message
    assert "--masks-class" in message
    found = sample(data, masks_class=number)
    assert np.array_equal(found.mask, DISC)
    assert np.array_equal(found.void, RING)
    assert "contains no object" in refusal_of(lambda: sample(data, masks_class=number + 1))


def test_several_classes_and_a_void_ring_are_no_mask(tmp_path: Path) -> None:
    numbers = np.select([DISC & (COLUMNS < 34), DISC, RING], [1, 2, 255], 0).astype(np.uint8)
    data = pair(tmp_path, Image.fromarray(numbers))
    assert "(0, 1, 2, 255)" in refusal_of(lambda: sample(data))
    assert np.array_equal(sample(data, masks_class=2).mask, DISC & (COLUMNS >= 34))


@pytest.mark.parametrize(("suffix", "flags"), [("jpg", {"quality": 95}), ("webp", {"quality": 95})])
@pytest.mark.parametrize("number", [15, 60, 100])
def test_classes_in_a_lossy_file_are_no_mask(tmp_path: Path, suffix: str, flags: dict[str, int], number: int) -> None:
    big = np.kron(np.select([DISC, RING], [number, 255], 0).astype(np.uint8), np.ones((4, 4), np.uint8))
    data = pair(tmp_path, Image.fromarray(big), suffix, **flags)
    assert "holds levels other than" in refusal_of(lambda: sample(data))
    assert "compressed with loss" in refusal_of(lambda: sample(data, masks_class=number))


@pytest.mark.parametrize("quality", [20, 50, 75, 95])
def test_a_lossy_mask_of_any_quality_is_read(tmp_path: Path, quality: int) -> None:
    truth = np.where(DISC, OBJECT, np.where(RING, VOID, BACKGROUND)).astype(np.uint8).repeat(4, 0).repeat(4, 1)
    Image.fromarray(truth).save(tmp_path / "mask.jpg", quality=quality)
    assert np.mean(read_trimap(tmp_path / "mask.jpg") == truth) > 0.98


def test_masks_class_is_for_folders() -> None:
    assert "masks_class" in refusal_of(lambda: open_source("faces", "train", 64, masks_class=3))


def test_soft_edges_of_drawing_programs_are_void(tmp_path: Path) -> None:
    big = Image.fromarray((np.hypot(*np.mgrid[-32:32:0.125, -32:32:0.125]) < 20.3).astype(np.uint8) * 255)
    soft = big.resize((64, 64), Image.Resampling.BOX)
    soft.save(tmp_path / "mask.png")
    trimap = read_trimap(tmp_path / "mask.png")
    levels = np.asarray(soft)
    assert np.array_equal(trimap == OBJECT, levels == 255)
    assert np.array_equal(trimap == BACKGROUND, levels == 0)
    Image.fromarray(levels.astype(np.uint16) * 257).save(tmp_path / "deep.png")
    assert np.array_equal(read_trimap(tmp_path / "deep.png"), trimap)


def quantized() -> Image.Image:
    """Return a mask whose palette begins with white, as Pillow writes it."""
    image = Image.fromarray(RECTANGLE.astype(np.uint8) * 255).convert("RGB").quantize(2)
    assert image.getpalette()[:3] == [255, 255, 255]
    return image


def alpha(colour: int) -> Image.Image:
    image = Image.new("LA", (64, 64), (colour, 0))
    image.putalpha(Image.fromarray(RECTANGLE.astype(np.uint8) * 255))
    return image


GREY = Image.fromarray(RECTANGLE.astype(np.uint8) * 255)
ONE_MASK = {
    "grey": GREY,
    "white first": quantized(),
    "black and red, red first": with_palette(Image.fromarray((~RECTANGLE).astype(np.uint8)), [200, 0, 0, 0, 0, 0]),
    "RGB": GREY.convert("RGB"),
    "RGBA": GREY.convert("RGBA"),
    "LA": GREY.convert("LA"),
    "transparent": alpha(0),
    "transparent RGB": alpha(200).convert("RGBA"),
    "cut out of nothing": Image.merge("LA", (GREY, GREY)),
    "one bit": GREY.convert("1"),
    "16 bit": Image.fromarray(RECTANGLE.astype(np.uint16) * 65535),
    "0 and 1": Image.fromarray(RECTANGLE.astype(np.uint8)),
}


@pytest.mark.parametrize("kind", ONE_MASK)
def test_one_decoder_reads_all_masks_everywhere(tmp_path: Path, kind: str) -> None:
    mask = ONE_MASK[kind]
    assert np.array_equal(sample(pair(tmp_path, mask)).mask, RECTANGLE)
    buffer = io.BytesIO()
    mask.save(buffer, "PNG")
    assert np.array_equal(decode_mask(buffer.getvalue(), (64, 64)), RECTANGLE)
    assert SIZE == 64
    app_state = make_app_state(tmp_path / "page", images=1)
    import_annotations(app_state, "mask", "blob0.png", buffer.getvalue())
    image = app_state.images.load("blob0.png")
    edits = app_state.storage.load("blob0.png", (SIZE, SIZE)).edits
    assert np.array_equal(Drawing(image, app_state.segmenter, edits).full_mask(), RECTANGLE)


def png_of(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def deep_rgb(values: NDArray[np.uint16]) -> bytes:
    """Encode grey levels as a PNG of three channels of 16 bits, which Pillow cannot write."""
    import cv2

    return bytes(cv2.imencode(".png", np.repeat(values[..., None], 3, axis=2))[1])


def test_masks_of_three_channels_of_16_bits_keep_their_levels(tmp_path: Path) -> None:
    (tmp_path / "mask.png").write_bytes(deep_rgb(RECTANGLE.astype(np.uint16) * 65535))
    assert np.array_equal(read_trimap(tmp_path / "mask.png") == OBJECT, RECTANGLE)
    (tmp_path / "classes.png").write_bytes(deep_rgb(np.asarray(classes(7, 65535, np.uint16))))
    assert "(0, 7, 65535)" in refusal_of(lambda: read_trimap(tmp_path / "classes.png"))
    assert np.array_equal(read_class_trimap(tmp_path / "classes.png", 7) == OBJECT, DISC)


def test_what_contradicts_itself_is_refused(tmp_path: Path) -> None:
    three = with_palette(
        Image.fromarray(np.where(DISC, 1, np.where(RING, 2, 0)).astype(np.uint8)), [9, 9, 9, 200, 0, 0, 0, 0, 0]
    )
    white_outside = Image.merge("LA", (GREY, Image.fromarray((~RECTANGLE).astype(np.uint8) * 255)))
    for image, said in (
        (three, "does not begin with black"),
        (white_outside, "contradicts its colours"),
        (Image.new("F", (64, 64), 0.5), "whole numbers"),
    ):
        image.save(tmp_path / "mask.tif")
        assert said in refusal_of(lambda: read_trimap(tmp_path / "mask.tif"))


def test_numbers_of_objects_need_a_palette_that_begins_with_black(tmp_path: Path) -> None:
    numbers = Image.fromarray(np.where(RECTANGLE, 0, 1).astype(np.uint8))
    for decode in (decode_indexed, decode_scribbles):
        data = png_of(with_palette(numbers, [255, 255, 255, 0, 0, 0]))
        assert "does not begin with black" in refusal_of(lambda decode=decode, data=data: decode(data, (64, 64)))
        jpeg = io.BytesIO()
        GREY.save(jpeg, "JPEG")
        data = jpeg.getvalue()
        assert "compressed with loss" in refusal_of(lambda decode=decode, data=data: decode(data, (64, 64)))
    labels = np.where(DISC, 1, np.where(RING, 2, 0)).astype(np.uint8)
    assert np.array_equal(decode_scribbles(png_of(Image.fromarray(labels).convert("RGB")), (64, 64)), labels)
    assert np.array_equal(decode_scribbles(encode_scribbles(labels), (64, 64)), labels)


def test_label_maps_are_read_in_one_bit_too(tmp_path: Path) -> None:
    GREY.convert("1").save(tmp_path / "labels.png")
    assert np.array_equal(read_labels(tmp_path / "labels.png"), RECTANGLE)


def test_noise_in_lossless_masks_of_published_sets_is_removed(tmp_path: Path) -> None:
    truth = np.where(DISC, OBJECT, BACKGROUND).astype(np.uint8).repeat(4, 0).repeat(4, 1)
    buffer = io.BytesIO()
    Image.fromarray(truth).save(buffer, "JPEG", quality=60)
    Image.open(buffer).save(tmp_path / "mask.png")
    assert np.mean(read_noisy_trimap(tmp_path / "mask.png") == truth) > 0.99
    of_users = read_trimap(tmp_path / "mask.png")  # whose noisy edges are void
    assert np.array_equal(of_users[of_users != VOID], truth[of_users != VOID])
    classes(15, 255).resize((256, 256), Image.Resampling.NEAREST).save(tmp_path / "classes.png")
    assert "holds levels other than" in refusal_of(lambda: read_noisy_trimap(tmp_path / "classes.png"))
