"""Pascal VOC and the Semantic Boundaries Dataset (SBD)."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat

from cutout_rl.data.decoding import read_labels
from cutout_rl.data.entry import Entry
from cutout_rl.data.published.dataset_source import (
    DatasetSource,
    large_objects,
    missing_file,
    read_trimap_of_labels,
    trimap_of_labels,
)
from cutout_rl.data.required_paths import require_file
from cutout_rl.data.source import Split
from cutout_rl.data.splits import split_within
from cutout_rl.utils.choices import require_choice
from cutout_rl.utils.errors import CutOutError

CLASSES: Final = (
    *("aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow"),
    *("diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor"),
)
_VOID: Final = 255


class VocSource(DatasetSource):
    """The objects of Pascal VOC (Everingham et al., IJCV 2010), one sample each; edges (index 255) are void.

    The dataset's val list is the test split; its train list is split by image name, 85 % train, 15 % val. `masks` may
    be one of the 20 classes.
    """

    kind = "voc"
    homepage = "http://host.robots.ox.ac.uk/pascal/VOC/voc2012/htmldoc/index.html"
    layouts = (("JPEGImages", "SegmentationObject"), ("VOCdevkit",))

    def entries(self, root: Path, split: Split, masks: str | None) -> Iterator[Entry | str]:
        """Yield the objects, image by image, in the order of their numbers."""
        if masks is not None:
            require_choice("class of Pascal VOC", masks, CLASSES)
        root = _release(root)
        for name in _names(root / "ImageSets" / "Segmentation", split, "name the folder VOC2012, voc:DIR"):
            image, objects = root / "JPEGImages" / f"{name}.jpg", root / "SegmentationObject" / f"{name}.png"
            if problem := missing_file(image, objects):
                yield problem
                continue
            try:
                labels = read_labels(objects)
                wanted = large_objects(labels, _VOID)
                if masks is not None:
                    classes = read_labels(root / "SegmentationClass" / f"{name}.png")
                    index = CLASSES.index(masks) + 1
                    wanted = [number for number in wanted if np.any(classes[labels == number] == index)]
            except CutOutError as error:
                yield str(error)
                continue
            for number in wanted:
                read = partial(read_trimap_of_labels, objects, (number,), _VOID)
                yield Entry(f"{name}-{number}", image, f"{objects}, object {number},", read)


class SbdSource(DatasetSource):
    """The objects of the Semantic Boundaries Dataset (Hariharan et al., ICCV 2011), one sample each.

    The dataset's val list is the test split; its train list is split by image name, 85 % train, 15 % val. `masks` may
    be one of the 20 classes of Pascal VOC.
    """

    kind = "sbd"
    homepage = "http://home.bharathh.info/pubs/codes/SBD/download.html"
    layouts = (("img", "inst"), ("dataset/img", "dataset/inst"), ("benchmark_RELEASE/dataset",))

    def entries(self, root: Path, split: Split, masks: str | None) -> Iterator[Entry | str]:
        """Yield the objects, image by image, in the order of their numbers."""
        if masks is not None:
            require_choice("class of SBD", masks, CLASSES)
        inner = (root / "benchmark_RELEASE" / "dataset", root / "dataset")
        root = next((folder for folder in inner if folder.is_dir()), root)
        for name in _names(root, split, "name the folder that contains img and inst, sbd:DIR"):
            image, objects = root / "img" / f"{name}.jpg", root / "inst" / f"{name}.mat"
            if problem := missing_file(image, objects):
                yield problem
                continue
            try:
                labels, classes = _read_mat(objects)
            except CutOutError as error:
                yield str(error)
                continue
            for number in large_objects(labels, None):
                if masks is None or classes[number - 1 : number] == [CLASSES.index(masks) + 1]:
                    read = partial(_read_object, objects, number)
                    yield Entry(f"{name}-{number}", image, f"{objects}, object {number},", read)


def _release(root: Path) -> Path:
    years = sorted(root.glob("VOC[12]*")) or sorted(root.glob("VOCdevkit/VOC[12]*"))
    if len(years) > 1:
        raise CutOutError(
            f"{root} holds {', '.join(year.name for year in years)}; name one of them, such as voc:{years[-1]}."
        )
    return years[0] if years else root


def _names(folder: Path, split: Split, remedy: str) -> Iterator[str]:
    test = split == "test"
    file = folder / ("val.txt" if test else "train.txt")
    require_file(file, remedy)
    names = (line.strip() for line in file.read_text(encoding="utf-8").splitlines())
    return (name for name in names if name and split_within(name, test) == split)


def _read_object(file: Path, number: int) -> NDArray[np.uint8]:
    return trimap_of_labels(_read_mat(file)[0], (number,))


def _read_mat(file: Path) -> tuple[NDArray[np.uint8], list[int]]:
    """Read the (H, W) object numbers and the class of each object, beginning with object 1."""
    try:
        record: Any = loadmat(str(file), variable_names=["GTinst"])["GTinst"]
        labels, classes = np.asarray(record["Segmentation"][0, 0]), np.asarray(record["Categories"][0, 0])
        if labels.ndim != 2 or not 0 <= labels.min() <= labels.max() < _VOID:
            raise ValueError("no segmentation")
        return labels.astype(np.uint8), [int(number) for number in classes.ravel()]
    # SciPy raises exceptions of many kinds for damaged files.
    except Exception:
        raise CutOutError(f"{file} holds no segmentation of objects; download it again.") from None
