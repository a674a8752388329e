"""Decoding of image and mask files: common formats give equal results, damaged files an error."""

import contextlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from cutout_rl.data.decoding import (
    BACKGROUND,
    OBJECT,
    VOID,
    read_image,
    read_labels,
    read_reduced_image,
    read_size,
    read_trimap,
)
from cutout_rl.utils.errors import CutOutError

RED, WHITE = (200, 30, 40), (255, 255, 255)


def with_exif(image: Image.Image, orientation: int) -> Image.Exif:
    exif = image.getexif()
    exif[0x0112] = orientation
    return exif


def test_image_is_turned_upright_by_its_exif_data(tmp_path: Path) -> None:
    # Orientation 6: the stored image has to be rotated clockwise by 90 degrees.
    upright = np.zeros((12, 8, 3), dtype=np.uint8)
    upright[:6] = RED
    stored = Image.fromarray(np.rot90(upright))
    stored.save(tmp_path / "image.png", exif=with_exif(stored, 6))
    assert np.array_equal(np.asarray(read_image(tmp_path / "image.png")), upright)


@pytest.mark.parametrize(
    ("image", "rgb"),
    [
        (Image.new("L", (3, 3), 77), (77, 77, 77)),
        (Image.new("1", (3, 3), 1), WHITE),
        (Image.fromarray(np.full((3, 3), 77 * 257, dtype=np.uint16)), (77, 77, 77)),
        (Image.fromarray(np.full((3, 3), 65535, dtype=np.uint16)), WHITE),
        (Image.new("RGBA", (3, 3), (*RED, 255)), RED),
        (Image.new("RGBA", (3, 3), (*RED, 0)), WHITE),
        (Image.new("LA", (3, 3), (77, 255)), (77, 77, 77)),
        (Image.new("RGB", (3, 3), RED).convert("P", palette=Image.Palette.ADAPTIVE), RED),
    ],
    ids=lambda value: value.mode if isinstance(value, Image.Image) else None,
)
def test_every_mode_becomes_the_right_rgb(tmp_path: Path, image: Image.Image, rgb: tuple[int, int, int]) -> None:
    image.save(tmp_path / "image.png")
    read = np.asarray(read_image(tmp_path / "image.png"))
    assert read.shape == (3, 3, 3)
    assert (read == rgb).all()


def test_transparent_palette_and_cmyk_become_the_right_rgb(tmp_path: Path) -> None:
    palette = Image.new("P", (3, 3), 1)
    palette.putpalette([*RED, 0, 0, 255])
    palette.save(tmp_path / "palette.png", transparency=1)
    assert (np.asarray(read_image(tmp_path / "palette.png")) == 255).all()
    Image.new("CMYK", (16, 16), (0, 255, 255, 0)).save(tmp_path / "cmyk.jpg", quality=95)
    assert np.abs(np.asarray(read_image(tmp_path / "cmyk.jpg")).astype(int) - (255, 0, 0)).max() <= 4


def test_damaged_and_empty_files_are_refused_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "image.jpg"
    path.write_bytes(b"")
    with pytest.raises(CutOutError, match=r"image\.jpg cannot be read as an image; save it again"):
        read_image(path)


def test_a_hundred_megapixels_are_read_without_a_word_and_more_are_refused(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from cutout_rl.data.decoding import read_image, read_size, read_trimap\n"
        "path = pathlib.Path(sys.argv[1]); print(read_size(path), read_image(path).size, read_trimap(path).shape)"
    )
    Image.new("1", (12_000, 9_000), 1).save(tmp_path / "large.png")
    command = [sys.executable, "-W", "default", "-c", program, str(tmp_path / "large.png")]
    outcome = subprocess.run(command, capture_output=True, text=True, check=True)
    assert outcome.stdout == "(9000, 12000) (12000, 9000) (9000, 12000)\n"
    assert not outcome.stderr
    Image.new("1", (16_000, 12_000)).save(tmp_path / "huge.png")
    for read in (read_image, read_size, read_trimap):
        with pytest.raises(CutOutError, match="has more than 178 million pixels; make it smaller"):
            read(tmp_path / "huge.png")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_size_is_that_of_the_upright_image(tmp_path: Path, orientation: int) -> None:
    image = Image.new("RGB", (12, 8))
    image.save(tmp_path / "image.jpg", exif=with_exif(image, orientation))
    assert read_size(tmp_path / "image.jpg") == read_image(tmp_path / "image.jpg").size[::-1]


def test_first_frame_of_a_film_and_names_that_lie_are_read(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (9, 7), colour) for colour in (RED, WHITE)]
    frames[0].save(tmp_path / "film.jpg", format="GIF", save_all=True, append_images=frames[1:])
    assert (np.asarray(read_image(tmp_path / "film.jpg")) == RED).all()


TRUTH = np.array([[BACKGROUND, OBJECT, VOID, OBJECT]], dtype=np.uint8).repeat(2, axis=0)


def coloured_palette(indices: NDArray[np.uint8]) -> Image.Image:
    image = Image.new("P", indices.shape[::-1])
    image.putdata(indices.ravel().tolist())
    image.putpalette([0, 0, 0, 128, 0, 0] + [0, 128, 0] * 254)
    return image


@pytest.mark.parametrize(
    "image",
    [
        Image.fromarray(TRUTH),
        Image.fromarray(TRUTH).convert("RGB"),
        Image.fromarray(TRUTH).convert("RGBA"),
        Image.fromarray(TRUTH).convert("P"),
        Image.fromarray(np.where(TRUTH == 255, 1, TRUTH).astype(np.uint8)),
        Image.fromarray(TRUTH.astype(np.uint16)),
        Image.fromarray(TRUTH.astype(np.uint16) * 257),
        coloured_palette(np.where(TRUTH == 255, 1, TRUTH).astype(np.uint8)),
        Image.merge("LA", (Image.new("L", (4, 2), 0), Image.fromarray(TRUTH))),
        Image.merge("RGBA", (*Image.new("RGB", (4, 2), RED).split(), Image.fromarray(TRUTH))),
    ],
    ids=[
        "grey",
        "rgb",
        "rgba",
        "grey palette",
        "0/1",
        "16 bit",
        "16 bit wide",
        "coloured palette",
        "alpha",
        "RGB alpha",
    ],
)
def test_every_kind_of_mask_gives_one_trimap(tmp_path: Path, image: Image.Image) -> None:
    image.save(tmp_path / "mask.png")
    assert np.array_equal(read_trimap(tmp_path / "mask.png"), TRUTH)


def test_one_bit_mask(tmp_path: Path) -> None:
    Image.fromarray(TRUTH == OBJECT).save(tmp_path / "mask.png")
    assert np.array_equal(read_trimap(tmp_path / "mask.png"), np.where(TRUTH == OBJECT, OBJECT, BACKGROUND))


@pytest.mark.parametrize("suffix", ["jpg", "webp"])
def test_lossy_mask_loses_its_noise(tmp_path: Path, suffix: str) -> None:
    truth = np.full((64, 64), BACKGROUND, dtype=np.uint8)
    truth[10:50, 20:41] = OBJECT
    truth[50:, :] = VOID
    Image.fromarray(truth).save(tmp_path / f"mask.{suffix}", quality=75)
    assert len(np.unique(np.asarray(Image.open(tmp_path / f"mask.{suffix}").convert("L")))) > 3
    assert np.mean(read_trimap(tmp_path / f"mask.{suffix}") == truth) > 0.99


@settings(max_examples=60, deadline=None)
@given(
    place=st.floats(0, 1, exclude_max=True),
    junk=st.binary(max_size=4),
    kind=st.sampled_from(["PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF"]),
)
def test_damaged_file_is_read_or_refused_in_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, place: float, junk: bytes, kind: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged"
    Image.effect_mandelbrot((24, 24), (-2, -1, 1, 1), 50).convert("RGB").save(path, format=kind)
    data = path.read_bytes()
    cut = int(place * len(data))
    path.write_bytes(data[:cut] + junk + data[cut + len(junk) + (not junk) :])
    # Any exception but CutOutError fails the test.
    with contextlib.suppress(CutOutError):
        assert read_image(path).mode == "RGB"
    for read in (read_size, read_trimap, read_labels):
        with contextlib.suppress(CutOutError):
            read(path)


@pytest.mark.parametrize("kind", ["palette", "grey", "RGB", "16 bit"])
def test_numbers_of_classes_are_read_whatever_they_are_saved_as(tmp_path: Path, kind: str) -> None:
    numbers = np.array([[0, 1, 2, 255]] * 2, np.uint8)
    image = Image.fromarray(numbers)
    if kind == "palette":
        image = coloured_palette(numbers)
    elif kind == "RGB":
        image = image.convert("RGB")
    elif kind == "16 bit":
        image = Image.fromarray(numbers.astype(np.uint16))
    image.save(tmp_path / "labels.png")
    assert np.array_equal(read_labels(tmp_path / "labels.png"), numbers)


def test_ambiguous_values_are_refused(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 300]], np.uint16)).save(tmp_path / "large.png")
    with pytest.raises(CutOutError, match="numbers above 255"):
        read_labels(tmp_path / "large.png")
    Image.new("RGB", (3, 3), RED).save(tmp_path / "colour.png")
    with pytest.raises(CutOutError, match="is coloured"):
        read_labels(tmp_path / "colour.png")


def test_colours_that_cannot_be_shown_are_named(tmp_path: Path) -> None:
    Image.new("LAB", (4, 4)).save(tmp_path / "lab.tif")
    for read in (read_image, read_trimap):
        with pytest.raises(CutOutError, match="has the colours LAB"):
            read(tmp_path / "lab.tif")
    for mode in ("CMYK", "RGBX", "LA"):
        Image.new(mode, (4, 4)).save(tmp_path / "colours.tif")
        assert read_image(tmp_path / "colours.tif").mode == "RGB"


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_large_images_are_read_reduced(tmp_path: Path, suffix: str, orientation: int) -> None:
    rows, columns = np.mgrid[:400, :600]
    pixels = np.stack([rows * 255 // 400, columns * 255 // 600, np.full_like(rows, 40)], axis=2).astype(np.uint8)
    image = Image.fromarray(pixels)
    image.save(tmp_path / f"image.{suffix}", exif=with_exif(image, orientation), quality=95)
    whole = read_image(tmp_path / f"image.{suffix}")
    for most, side in ((240_000, 600), (60_000, 300), (10_000, 120)):
        reduced, shape = read_reduced_image(tmp_path / f"image.{suffix}", most)
        assert shape == (whole.height, whole.width)
        assert reduced.width * reduced.height <= most
        assert max(reduced.size) >= 0.6 * side
        again = np.asarray(reduced.resize(whole.size, Image.Resampling.BILINEAR)).astype(int)
        assert np.abs(again - np.asarray(whole)).mean() < 3


def test_deep_images_are_read_reduced(tmp_path: Path) -> None:
    Image.fromarray(np.full((300, 300), 77 * 257, np.uint16)).save(tmp_path / "deep.png")
    reduced, shape = read_reduced_image(tmp_path / "deep.png", 10_000)
    assert (shape, reduced.size) == ((300, 300), (100, 100))
    assert (np.asarray(reduced) == 77).all()
