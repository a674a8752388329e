"""The formats that hold many images in one file, by the names that commands and pages know them by."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Final, NamedTuple

from cutout_rl.data.formats.annotation import Annotation, Shape
from cutout_rl.data.formats.coco import decode_coco, encode_coco
from cutout_rl.data.formats.via import decode_via_csv, decode_via_json, encode_via_csv, encode_via_json


class Format(NamedTuple):
    """How a format is written and read.

    Attributes:
        file: name of the file that it is usually written to.
        encode: writes annotations, told the bytes of each image's file.
        decode: reads them, told the height and width of every image that is here.
    """

    file: str
    encode: Callable[[Iterable[Annotation], Mapping[str, int]], bytes]
    decode: Callable[[bytes, Mapping[str, Shape]], Iterator[Annotation]]


def _coco(annotations: Iterable[Annotation], file_sizes: Mapping[str, int], polygons: bool = False) -> bytes:
    return encode_coco(annotations, polygons)


FORMATS: Final = {
    "coco": Format("coco.json", _coco, decode_coco),
    "coco-polygons": Format("coco-polygons.json", partial(_coco, polygons=True), decode_coco),
    "via-json": Format("via.json", encode_via_json, decode_via_json),
    "via-csv": Format("via.csv", encode_via_csv, decode_via_csv),
}
