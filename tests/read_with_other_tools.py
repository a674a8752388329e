"""Read exports by another tool: `python read_with_other_tools.py TOOL FOLDER OUT`, in the environment of the tools.

FOLDER holds the exports and `images/`. OUT.npz receives the (H, W) bool union of the masks of each image, by stem.
"""

import json
import os
import shutil
import sys
from pathlib import Path

import numpy as np
from PIL import Image

os.environ["QT_QPA_PLATFORM"] = "offscreen"


def pycocotools(folder: Path, file: str) -> dict:
    from pycocotools.coco import COCO

    coco = COCO(folder / file)
    masks = empty(folder)
    for entry in coco.loadAnns(coco.getAnnIds()):
        masks[Path(coco.imgs[entry["image_id"]]["file_name"]).stem] |= coco.annToMask(entry).astype(bool)
    return masks


def supervision(folder: Path, kind: str) -> dict:
    import supervision as sv

    images = str(folder / "images")
    if kind == "yolo":
        files = str(folder / "yolo" / "labels"), str(folder / "yolo" / "data.yaml")
        dataset = sv.DetectionDataset.from_yolo(images, *files, force_masks=True)
    elif kind == "labelme":
        dataset = sv.DetectionDataset.from_labelme(images, str(folder / "labelme"), force_masks=True)
    else:
        dataset = sv.DetectionDataset.from_coco(images, str(folder / kind), force_masks=True)
    masks = empty(folder)
    for path, _, detections in dataset:
        for mask in [] if detections.mask is None else np.asarray(detections.mask):
            masks[Path(path).stem] |= mask.astype(bool)
    return masks


def datumaro(folder: Path, file: str) -> dict:
    from datumaro import Dataset
    from pycocotools import mask as coco_masks

    root = folder / f"datumaro-{Path(file).stem}"
    (root / "annotations").mkdir(parents=True)
    shutil.copytree(folder / "images", root / "images" / "train")
    shutil.copy(folder / file, root / "annotations" / "instances_train.json")
    masks = empty(folder)
    for item in Dataset.import_from(str(root), "coco_instances"):
        mask = masks[Path(item.id).stem]
        for annotation in item.annotations:
            if hasattr(annotation, "points") and type(annotation).__name__ == "Polygon":
                mask |= coco_masks.decode(coco_masks.frPyObjects([annotation.points], *mask.shape)).any(axis=2)
            elif hasattr(annotation, "image"):
                mask |= np.asarray(annotation.image).astype(bool)
    return masks


def labelme(folder: Path, kind: str) -> dict:
    from labelme import utils
    from labelme._label_file import read_label_file

    masks = empty(folder)
    for file in sorted((folder / kind).glob("*.json")):
        shapes = read_label_file(str(file)).shapes
        labels = {"_background_": 0, **{shape["label"]: 1 for shape in shapes}}
        classes, _ = utils.shapes_to_label((*masks[file.stem].shape, 3), shapes, labels)
        masks[file.stem] |= classes > 0
    return masks


def scikit_image(folder: Path, file: str, shift: float = 0.0) -> dict:
    """Draw VIA polygons as the examples of Mask R-CNN do, which take corners for centres of pixels."""
    from skimage.draw import polygon

    masks = empty(folder)
    for image in json.loads((folder / file).read_text()).values():
        mask = masks[Path(image["filename"]).stem]
        for region in image["regions"]:
            shape = region["shape_attributes"]
            x, y = (np.array(shape[f"all_points_{axis}"]) - shift for axis in "xy")
            mask[polygon(y, x, mask.shape)] = True
    return masks


def empty(folder: Path) -> dict:
    return {
        path.stem: np.zeros(Image.open(path).size[::-1], bool) for path in sorted((folder / "images").glob("*.png"))
    }


TOOLS = {
    "pycocotools": pycocotools,
    "supervision": supervision,
    "datumaro": datumaro,
    "labelme": labelme,
    "scikit-image": scikit_image,
    "scikit-image, centres": lambda folder, file: scikit_image(folder, file, 0.5),
}

if __name__ == "__main__":
    tool, folder, kind, out = sys.argv[1:]
    np.savez(out, **TOOLS[tool](Path(folder), kind))
