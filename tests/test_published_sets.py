"""Readers of published datasets, on folders of a few images in the publishers' layouts."""

import pickle
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from command_line import refusal_of
from numpy.typing import NDArray
from PIL import Image
from scipy.io import savemat

from cutout_rl.data import Sample, Split, open_source
from cutout_rl.data.file_source import FileSource
from cutout_rl.data.registry import DATASETS
from cutout_rl.data.splits import split_of, split_within
from cutout_rl.play import PlayArguments, make_app_state

SIDE = 40
Labels = NDArray[np.uint8]


def box(top: int, left: int, bottom: int, right: int, number: int = 1, onto: Labels | None = None) -> Labels:
    labels = np.zeros((SIDE, SIDE), np.uint8) if onto is None else onto.copy()
    labels[top:bottom, left:right] = number
    return labels


def save(path: Path, pixels: NDArray[np.uint8], palette: bool = False) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(pixels)
    if palette:  # colours unrelated to the indices
        image.putpalette([7, 9, 200] * 256)
    image.save(path)


def photograph(path: Path, shape: tuple[int, int] = (SIDE, SIDE)) -> None:
    save(path, np.random.default_rng(len(str(path))).integers(0, 256, (*shape, 3), np.uint8))


def write_list(path: Path, lines: Iterable[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def samples(data: str, split: Split = "test", masks: str | None = None) -> dict[str, Sample]:
    source = open_source(data, split, SIDE, masks)
    found = {source[index].name: source[index] for index in range(len(source))}
    assert len(found) == len(source)
    return found


def names_with(held_out: bool | None, split: Split, count: int = 1) -> list[str]:
    """List names of a split: by the name only (None), or in a dataset with its own test split."""
    numbers = (f"2007_{number:06d}" for number in range(1000))
    in_split = (n for n in numbers if (split_of(n) if held_out is None else split_within(n, held_out)) == split)
    return [next(in_split) for _ in range(count)]


def refusal(data: str, split: Split = "test", masks: str | None = None) -> str:
    return refusal_of(lambda: samples(data, split, masks))


def test_grabcut_is_all_test_and_its_uncertain_boundary_is_void(tmp_path: Path) -> None:
    truth = box(10, 10, 30, 30, 255)
    truth[8:10, 10:30] = 128
    photograph(tmp_path / "data_GT" / "banana1.jpg")
    save(tmp_path / "boundary_GT" / "banana1.bmp", truth)
    (sample,) = samples(f"grabcut:{tmp_path}").values()
    assert np.array_equal(sample.mask, truth == 255)
    assert np.array_equal(sample.void, truth == 128)
    assert "has the split test only" in refusal(f"grabcut:{tmp_path}", "train")
    assert "leave masks out" in refusal(f"grabcut:{tmp_path}", masks="face")


def test_berkeley_is_all_test(tmp_path: Path) -> None:
    for name in ("3096", "12003"):
        photograph(tmp_path / "images" / f"{name}.jpg")
        save(tmp_path / "masks" / f"{name}.png", box(5, 5, 20, 35, 255))
    found = samples(f"berkeley:{tmp_path}")
    assert list(found) == ["12003", "3096"]
    assert np.array_equal(found["3096"].mask, box(5, 5, 20, 35) == 1)


def test_msra10k_pairs_jpeg_and_png_of_one_folder(tmp_path: Path) -> None:
    (name,) = names_with(None, "val")
    photograph(tmp_path / "Imgs" / f"{name}.jpg")
    save(tmp_path / "Imgs" / f"{name}.png", box(5, 5, 20, 35, 255))
    found = samples(f"msra10k:{tmp_path}", "val")
    assert np.array_equal(found[name].mask, box(5, 5, 20, 35) == 1)
    assert "is empty" in refusal(f"msra10k:{tmp_path}", "train")


def test_ecssd(tmp_path: Path) -> None:
    (name,) = names_with(None, "train")
    photograph(tmp_path / "images" / f"{name}.jpg")
    save(tmp_path / "ground_truth_mask" / f"{name}.png", box(5, 5, 20, 35, 255))
    assert list(samples(f"ecssd:{tmp_path}", "train")) == [name]


def test_pet_reads_trimaps_and_chooses_a_species(tmp_path: Path) -> None:
    trimap = box(10, 10, 30, 30, 1, box(8, 8, 32, 32, 3, np.full((SIDE, SIDE), 2, np.uint8)))
    for name in ("Abyssinian_1", "beagle_2"):
        photograph(tmp_path / "images" / f"{name}.jpg")
        save(tmp_path / "annotations" / "trimaps" / f"{name}.png", trimap)
        save(tmp_path / "annotations" / "trimaps" / f"._{name}.png", trimap)  # the archive contains such files
    write_list(tmp_path / "annotations" / "test.txt", ["#comment", "Abyssinian_1 1 1 1", "beagle_2 2 2 1"])
    found = samples(f"pet:{tmp_path}")
    assert np.array_equal(found["Abyssinian_1"].mask, trimap == 1)
    assert np.array_equal(found["Abyssinian_1"].void, trimap == 3)
    assert list(samples(f"pet:{tmp_path}", masks="dog")) == ["beagle_2"]
    assert "did you mean 'cat'" in refusal(f"pet:{tmp_path}", masks="cats")
    save(tmp_path / "annotations" / "trimaps" / "beagle_2.png", trimap * 50)
    assert "no trimap of 1 (pet)" in refusal(f"pet:{tmp_path}")


def test_facesynthetics_puts_classes_together(tmp_path: Path) -> None:
    (name,) = names_with(None, "test")
    classes = box(5, 5, 35, 35, 13)  # hair
    for part, place in ((1, (10, 10, 30, 30)), (7, (15, 5, 20, 8)), (12, (35, 10, 40, 30)), (255, (0, 0, 3, 40))):
        classes = box(*place, part, classes)
    photograph(tmp_path / f"{name}.png")
    save(tmp_path / f"{name}_seg.png", classes)
    (tmp_path / f"{name}_ldmks.txt").touch()
    by_kind = {kind: samples(f"facesynthetics:{tmp_path}", masks=kind)[name] for kind in ("head", "face", "hair")}
    assert np.array_equal(by_kind["head"].mask, np.isin(classes, (1, 7, 13)))
    assert np.array_equal(by_kind["face"].mask, classes == 1)
    assert np.array_equal(by_kind["hair"].mask, classes == 13)
    assert np.array_equal(by_kind["head"].void, classes == 255)
    assert "choose from: face, hair, head" in refusal(f"facesynthetics:{tmp_path}", masks="nose")


def test_celebamask_enlarges_the_union_of_parts_and_takes_the_splits_of_celeba(tmp_path: Path) -> None:
    anno = tmp_path / "CelebAMask-HQ-mask-anno"
    skin, hair = box(10, 10, 30, 30, 255), box(2, 10, 10, 30, 255)
    for number in (0, 2001, 2002):
        photograph(tmp_path / "CelebA-HQ-img" / f"{number}.jpg", (2 * SIDE, 2 * SIDE))
        for part, mask in (("skin", skin), ("hair", hair), ("neck", 255 - skin)):
            save(anno / str(number // 2000) / f"{number:05d}_{part}.png", np.stack([mask] * 3, axis=2))
    lines = ["idx orig_idx orig_file", "0 119613 119613.jpg", "2001 162771 162771.jpg", "2002 190000 190000.jpg"]
    write_list(tmp_path / "CelebA-HQ-to-CelebA-mapping.txt", lines)
    splits = {split: samples(f"celebamask:{tmp_path}", split) for split in get_args(Split)}
    assert {split: list(found) for split, found in splits.items()} == {
        "train": ["0"],
        "val": ["2001"],
        "test": ["2002"],
    }
    assert np.array_equal(splits["val"]["2001"].mask, (skin | hair) == 255)
    assert np.array_equal(samples(f"celebamask:{tmp_path}", masks="hair")["2002"].mask, hair == 255)
    (anno / "1" / "02002_hair.png").unlink()
    assert "has none of the masks hair" in refusal(f"celebamask:{tmp_path}", masks="hair")


def test_lfw_reads_parts_by_their_colours(tmp_path: Path) -> None:
    labels = np.zeros((SIDE, SIDE, 3), np.uint8)
    labels[..., 2] = 255
    labels[2:10, 10:30] = (255, 0, 0)
    labels[10:30, 10:30] = (0, 255, 0)
    photograph(tmp_path / "lfw_funneled" / "Ann_Lee" / "Ann_Lee_0001.jpg")
    save(tmp_path / "parts_lfw_funneled_gt_images" / "Ann_Lee_0001.ppm", labels)
    write_list(tmp_path / "parts_test.txt", ["Ann_Lee 1 221"])
    for kind, rows in (("head", slice(2, 30)), ("face", slice(10, 30)), ("hair", slice(2, 10))):
        truth = np.zeros((SIDE, SIDE), bool)
        truth[rows, 10:30] = True
        assert np.array_equal(samples(f"lfw:{tmp_path}", masks=kind)["Ann_Lee_0001"].mask, truth)
    assert "parts_train.txt" in refusal(f"lfw:{tmp_path}", "train")


OBJECTS = box(2, 2, 4, 4, 3, box(20, 20, 38, 38, 2, box(5, 5, 18, 30, 1)))  # the third is too small


@pytest.mark.parametrize("above", ["", "VOC2012", "VOCdevkit/VOC2012"])
def test_voc_gives_each_object_by_its_index(tmp_path: Path, above: str) -> None:
    root = tmp_path / above
    labels = OBJECTS.copy()
    labels[18:20] = 255
    photograph(root / "JPEGImages" / "2007_000032.jpg")
    save(root / "SegmentationObject" / "2007_000032.png", labels, palette=True)
    save(root / "SegmentationClass" / "2007_000032.png", np.choose(OBJECTS, (0, 1, 15, 15)).astype(np.uint8), True)
    write_list(root / "ImageSets" / "Segmentation" / "val.txt", ["2007_000032"])
    found = samples(f"voc:{tmp_path}")
    assert list(found) == ["2007_000032-1", "2007_000032-2"]
    for number in (1, 2):
        assert np.array_equal(found[f"2007_000032-{number}"].mask, labels == number)
        assert np.array_equal(found[f"2007_000032-{number}"].void, labels == 255)
    assert list(samples(f"voc:{tmp_path}", masks="person")) == ["2007_000032-2"]
    assert "did you mean 'person'" in refusal(f"voc:{tmp_path}", masks="persons")


def test_voc_splits_keep_an_images_objects_together(tmp_path: Path) -> None:
    train, val = names_with(False, "train", 2), names_with(False, "val", 2)
    for name in (*train, *val):
        photograph(tmp_path / "JPEGImages" / f"{name}.jpg")
        save(tmp_path / "SegmentationObject" / f"{name}.png", OBJECTS, palette=True)
    write_list(tmp_path / "ImageSets" / "Segmentation" / "train.txt", [*train, *val])
    for split, names in (("train", train), ("val", val)):
        assert list(samples(f"voc:{tmp_path}", split)) == [f"{name}-{number}" for name in names for number in (1, 2)]


def mat_file(path: Path, labels: Labels, classes: list[int]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    boundaries = np.empty((len(classes), 1), object)
    for number in range(len(classes)):
        boundaries[number, 0] = np.zeros((SIDE, SIDE))
    truth = {"Segmentation": labels, "Boundaries": boundaries, "Categories": np.array(classes)[:, None]}
    savemat(path, {"GTinst": truth})


def test_sbd_reads_matlab_files(tmp_path: Path) -> None:
    root = tmp_path / "benchmark_RELEASE" / "dataset"
    photograph(root / "img" / "2008_000002.jpg")
    mat_file(root / "inst" / "2008_000002.mat", OBJECTS, [20, 15, 15])
    write_list(root / "val.txt", ["2008_000002"])
    found = samples(f"sbd:{tmp_path}")
    assert list(found) == ["2008_000002-1", "2008_000002-2"]
    assert np.array_equal(found["2008_000002-2"].mask, OBJECTS == 2)
    assert list(samples(f"sbd:{root}", masks="tvmonitor")) == ["2008_000002-1"]
    (root / "inst" / "2008_000002.mat").write_bytes(b"MATLAB 5.0" * 30)
    assert "holds no segmentation" in refusal(f"sbd:{tmp_path}")


def test_davis_2016_has_one_object_in_each_frame(tmp_path: Path) -> None:
    for video in ("bear", "camel"):
        for frame in ("00000", "00001"):
            photograph(tmp_path / "JPEGImages" / "480p" / video / f"{frame}.jpg")
            save(tmp_path / "Annotations" / "480p" / video / f"{frame}.png", box(5, 5, 30, 30, 255))
    for file, video in (("train", "bear"), ("val", "camel")):
        lines = [f"/JPEGImages/480p/{video}/{n}.jpg /Annotations/480p/{video}/{n}.png " for n in ("00000", "00001")]
        write_list(tmp_path / "ImageSets" / "480p" / f"{file}.txt", lines)
    assert list(samples(f"davis:{tmp_path}")) == ["camel-00000", "camel-00001"]
    assert list(samples(f"davis:{tmp_path}", split_within("bear", False))) == ["bear-00000", "bear-00001"]


def test_davis_2017_gives_each_object(tmp_path: Path) -> None:
    photograph(tmp_path / "JPEGImages" / "480p" / "camel" / "00000.jpg")
    save(tmp_path / "Annotations" / "480p" / "camel" / "00000.png", OBJECTS, palette=True)
    write_list(tmp_path / "ImageSets" / "2017" / "val.txt", ["camel"])
    found = samples(f"davis:{tmp_path}")
    assert list(found) == ["camel-00000-1", "camel-00000-2"]
    assert np.array_equal(found["camel-00000-1"].mask, OBJECTS == 1)


def test_davis_345_frames_are_all_test(tmp_path: Path) -> None:
    photograph(tmp_path / "img" / "bear_00000.jpg")
    colours = np.array([(0, 0, 0), (128, 0, 0), (0, 128, 0), (0, 0, 0)], np.uint8)[OBJECTS]
    save(tmp_path / "gt" / "bear_00000.png", colours)
    assert np.array_equal(samples(f"davis:{tmp_path}")["bear_00000"].mask, np.isin(OBJECTS, (1, 2)))
    assert "split test" in refusal(f"davis:{tmp_path}", "val")


def make_voc(root: Path, names: Iterable[str]) -> None:
    for name in names:
        photograph(root / "JPEGImages" / f"{name}.jpg")
        save(root / "SegmentationObject" / f"{name}.png", OBJECTS, palette=True)
    write_list(root / "ImageSets" / "Segmentation" / "val.txt", names)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "no image": lambda root: (root / "JPEGImages" / "b.jpg").unlink(),
    "no mask": lambda root: (root / "SegmentationObject" / "b.png").unlink(),
    "damaged mask": lambda root: (root / "SegmentationObject" / "b.png").write_bytes(b"PNG"),
    "damaged image": lambda root: (root / "JPEGImages" / "b.jpg").write_bytes(b"JPG"),
    "another size": lambda root: photograph(root / "JPEGImages" / "b.jpg", (20, 30)),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_bad_pair_of_a_set_is_named_or_skipped(tmp_path: Path, kind: str) -> None:
    make_voc(tmp_path, ["a", "b"])
    DAMAGE[kind](tmp_path)
    assert "b." in refusal(f"voc:{tmp_path}")
    source = open_source(f"voc:{tmp_path}", "test", SIDE, skip_bad=True)
    assert [source[index].name for index in range(len(source))] == ["a-1", "a-2"]
    assert isinstance(source, FileSource)
    assert len(source.skipped) in (1, 2)


def test_opening_a_set_reads_no_image_and_a_copy_carries_no_pixels(tmp_path: Path) -> None:
    make_voc(tmp_path, ["a", "b"])
    photographs = {path: path.read_bytes() for path in (tmp_path / "JPEGImages").iterdir()}
    for path in photographs:
        path.write_bytes(b"")
    source = open_source(f"voc:{tmp_path}", "test", SIDE)
    for path, data in photographs.items():
        path.write_bytes(data)
    first = source[0]
    copy = pickle.loads(pickle.dumps(source))
    assert len(pickle.dumps(source)) < 10_000
    assert np.array_equal(copy[0].image, first.image)
    assert [copy[index].name for index in range(4)] == ["a-1", "a-2", "b-1", "b-2"]


def test_the_page_shows_the_images_of_a_set(tmp_path: Path) -> None:
    make_voc(tmp_path / "set", ["a", "b"])
    app_state = make_app_state(PlayArguments(data=f"voc:{tmp_path / 'set'}", split="test", out=tmp_path / "kept"))
    assert app_state.images.names() == [f"voc-000{number}.png" for number in range(4)]
    truth = app_state.images.ground_truth("voc-0003.png")
    assert truth is not None
    assert truth[0].sum() > 0
    assert app_state.match_factory is not None


@pytest.mark.parametrize("kind", sorted(DATASETS))
def test_every_format_reports_what_is_missing(tmp_path: Path, kind: str) -> None:
    assert f"{kind}:DIR" in refusal(kind)
    said = refusal(f"{kind}:{tmp_path / 'nowhere'}")
    assert "There is no" in said
    assert "described at http" in said
    assert str(tmp_path) in refusal(f"{kind}:{tmp_path}")


def test_a_folder_with_the_layout_of_a_dataset_gets_a_hint(tmp_path: Path) -> None:
    make_voc(tmp_path, ["a"])
    assert f"name voc:{tmp_path}" in refusal(str(tmp_path))


def test_a_misspelt_kind_gets_a_hint(tmp_path: Path) -> None:
    assert "did you mean 'coco'" in refusal(f"cocoa:{tmp_path}")
    colon = tmp_path / "a:b"
    for stem in names_with(None, "test"):
        photograph(colon / "images" / f"{stem}.png")
        save(colon / "masks" / f"{stem}.png", box(5, 5, 30, 30, 255))
    assert len(samples(str(colon))) == 1
