"""All annotation file formats: encoders return bytes, decoders return arrays or annotations.

| format | encode | decode |
|---|---|---|
| mask, black and white PNG | `encode_mask` | `decode_mask` |
| numbered objects, PNG with a palette | `encode_indexed` | `decode_indexed` |
| scribbles, PNG of 0, 1 and 2 | `encode_scribbles` | `decode_scribbles` |
| COCO JSON, run lengths or polygons | `encode_coco` | `decode_coco` |
| VGG Image Annotator, JSON | `encode_via_json` | `decode_via_json` |
| VGG Image Annotator, CSV | `encode_via_csv` | `decode_via_csv` |
| YOLO segmentation, text | `encode_yolo` | `decode_yolo` |
| labelme, JSON | `encode_labelme` | `decode_labelme` |
| trajectories, JSON | `encode_trajectories` | `decode_trajectories` |

Decoders accept untrusted files: invalid content raises a `CutOutError`, and image names cannot contain folders.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final, NamedTuple

from cutout_rl.annotation.png import (
    decode_indexed,
    decode_mask,
    decode_scribbles,
    encode_indexed,
    encode_mask,
    encode_scribbles,
)
from cutout_rl.annotation.trajectories import decode_trajectories, encode_trajectories
from cutout_rl.data.formats.annotation import Annotation
from cutout_rl.data.formats.coco import coco_categories, decode_coco, encode_coco
from cutout_rl.data.formats.labelme import decode_labelme, encode_labelme, encode_labelme_files, labelme_names
from cutout_rl.data.formats.via import decode_via_csv, decode_via_json, encode_via_csv, encode_via_json
from cutout_rl.data.formats.yolo import decode_yolo, decode_yolo_names, encode_yolo, yolo_names
from cutout_rl.data.image_files import Shape
from cutout_rl.data.left_out import LeftOut


class Format(NamedTuple):
    """A format that holds the annotations of many images in one file.

    Attributes:
        file: usual file name.
        encode: encodes annotations, given the size in bytes of each image file.
        decode: decodes annotations, given height and width of every known image, and a function that is called for
            what cannot be read.
    """

    file: str
    encode: Callable[[Iterable[Annotation], Mapping[str, int]], bytes]
    decode: Callable[[bytes, Mapping[str, Shape], Callable[[LeftOut], None]], Iterator[Annotation]]


def _encode_coco(annotations: Iterable[Annotation], file_sizes: Mapping[str, int], polygons: bool = False) -> bytes:
    return encode_coco(annotations, polygons)


class FolderFormat(NamedTuple):
    """A format that holds the annotations of many images in a folder of files.

    Attributes:
        encode: yields the names and contents of the files for annotations, in which those of an image are consecutive,
            and the folder of the images relative to that of the files.
        names: returns the names of the files for images of these names.
    """

    encode: Callable[[Iterable[Annotation], str], Iterator[tuple[str, bytes]]]
    names: Callable[[Sequence[str]], list[str]]


FORMATS: Final = {
    "coco": Format("coco.json", _encode_coco, decode_coco),
    "coco-polygons": Format("coco-polygons.json", partial(_encode_coco, polygons=True), decode_coco),
    "via-json": Format("via.json", encode_via_json, decode_via_json),
    "via-csv": Format("via.csv", encode_via_csv, decode_via_csv),
}
"""The formats of many images in one file, by their names in commands and on the page."""
FOLDER_FORMATS: Final = {
    "labelme": FolderFormat(encode_labelme_files, labelme_names),
    "yolo": FolderFormat(encode_yolo, yolo_names),
}
"""The formats of many files, by their names in commands and on the page."""

__all__ = [
    "FOLDER_FORMATS",
    "FORMATS",
    "Annotation",
    "FolderFormat",
    "Format",
    "Shape",
    "coco_categories",
    "decode_coco",
    "decode_indexed",
    "decode_labelme",
    "decode_mask",
    "decode_scribbles",
    "decode_trajectories",
    "decode_via_csv",
    "decode_via_json",
    "decode_yolo",
    "decode_yolo_names",
    "encode_coco",
    "encode_indexed",
    "encode_labelme",
    "encode_mask",
    "encode_scribbles",
    "encode_trajectories",
    "encode_via_csv",
    "encode_via_json",
    "encode_yolo",
]
