"""Annotations in the files that other tools read and write; bytes and arrays in, arrays and bytes out.

| what | writes | reads |
|---|---|---|
| mask, black and white PNG | `encode_mask` | `decode_mask` |
| numbered objects, PNG with a palette | `encode_indexed` | `decode_indexed` |
| scribbles, PNG of 0, 1 and 2 | `encode_scribbles` | `decode_scribbles` |
| COCO JSON, run lengths or polygons | `encode_coco` | `decode_coco` |
| VGG Image Annotator, JSON | `encode_via_json` | `decode_via_json` |
| VGG Image Annotator, CSV | `encode_via_csv` | `decode_via_csv` |
| trajectories, JSON | `encode_trajectories` | `decode_trajectories` |

What is read may come from anywhere: whatever does not fit raises a `CutOutError` of one sentence, and no name of an
image leads out of a folder.
"""

from cutout_rl.annotation.formats.png import (
    decode_indexed,
    decode_mask,
    decode_scribbles,
    encode_indexed,
    encode_mask,
    encode_scribbles,
)
from cutout_rl.annotation.formats.trajectories import decode_trajectories, encode_trajectories
from cutout_rl.data.formats.annotation import Annotation, Shape
from cutout_rl.data.formats.coco import decode_coco, encode_coco
from cutout_rl.data.formats.via import decode_via_csv, decode_via_json, encode_via_csv, encode_via_json

__all__ = [
    "Annotation",
    "Shape",
    "decode_coco",
    "decode_indexed",
    "decode_mask",
    "decode_scribbles",
    "decode_trajectories",
    "decode_via_csv",
    "decode_via_json",
    "encode_coco",
    "encode_indexed",
    "encode_mask",
    "encode_scribbles",
    "encode_trajectories",
    "encode_via_csv",
    "encode_via_json",
]
