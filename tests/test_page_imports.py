"""What other tools wrote becomes labels of the page's images, whole or not at all."""

import io
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from numpy.typing import NDArray
from page_server import SIZE, make_app_state
from PIL import Image
from pycocotools.coco import COCO
from scenes import blob_sample, plain_iou

from cutout_rl.annotation.formats import (
    FORMATS,
    Annotation,
    encode_coco,
    encode_indexed,
    encode_labelme,
    encode_mask,
    encode_scribbles,
    encode_via_csv,
    encode_via_json,
    encode_yolo,
)
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web import imports
from cutout_rl.web.app_state import AppState
from cutout_rl.web.classes import Classes, ClassInfo
from cutout_rl.web.drawing import Drawing
from cutout_rl.web.edits import Edit, Pixels, Stroke
from cutout_rl.web.export import export
from cutout_rl.web.imports import import_annotations
from cutout_rl.web.objects import ImageRecord
from cutout_rl.web.scene import Scene

SHAPE = (SIZE, SIZE)
MASK = np.asarray(np.random.default_rng(0).random(SHAPE) < 0.02)
MASK[20:45, 12:50] = True
MASK[30:35, 20:24] = False
NAME = "blob1.png"
FILES: dict[str, Callable[[NDArray[np.bool_]], bytes]] = {
    "mask": encode_mask,
    "objects": lambda mask: encode_indexed(mask.astype(np.uint8) * 7),
    "classes": lambda mask: encode_indexed(mask.astype(np.uint8) * 7),
    "scribbles": lambda mask: encode_scribbles(np.where(mask, 1, 2).astype(np.uint8)),
    "coco": lambda mask: encode_coco([Annotation(NAME, mask)]),
    "via-json": lambda mask: encode_via_json([Annotation(NAME, mask)], {NAME: 1}),
    "via-csv": lambda mask: encode_via_csv([Annotation(NAME, mask)], {NAME: 1}),
    "labelme": lambda mask: encode_labelme([Annotation(NAME, mask)]),
}


@pytest.fixture
def app_state(tmp_path: Path) -> AppState:
    return make_app_state(tmp_path, images=3)


def edits_of(app_state: AppState, name: str = NAME) -> list[Edit]:
    return app_state.storage.load(name, SHAPE).edits


def drawing_of(app_state: AppState, name: str = NAME) -> Drawing:
    return Drawing(app_state.images.load(name), app_state.segmenter, edits_of(app_state, name))


@pytest.mark.parametrize("kind", FILES)
def test_a_mask_is_given_back_exactly_and_can_be_corrected(app_state: AppState, kind: str) -> None:
    assert import_annotations(app_state, kind, NAME, FILES[kind](MASK)) == [NAME]
    assert app_state.storage.edited_images() == {NAME}
    drawing = drawing_of(app_state)
    assert np.array_equal(drawing.full_mask(), MASK)
    drawing.apply(Stroke("outside", 5, ((15, 40), (25, 40))))
    assert not drawing.full_mask()[40, 15:26].any()
    drawing.undo()
    assert np.array_equal(drawing.full_mask(), MASK)
    drawing.undo()
    assert not drawing.labels.any()


def test_what_is_erased_is_cut_again(app_state: AppState) -> None:
    truth = blob_sample(SIZE, 1).mask
    wrong = truth.copy()
    wrong[:, SIZE // 2 :] = False
    import_annotations(app_state, "mask", NAME, encode_mask(wrong))
    drawing = drawing_of(app_state)
    drawing.apply(Stroke("erase", 40, ((48, 12), (48, 52))))
    assert plain_iou(drawing.full_mask(), truth, np.zeros_like(truth)) > 0.9


def test_scribbles_lie_over_strokes_and_in_place_of_earlier_ones(app_state: AppState) -> None:
    stroke = Stroke("inside", 3, ((5, 5), (60, 5)))
    app_state.storage.save(NAME, SHAPE, ImageRecord.of([stroke]))
    first, second = np.zeros((2, *SHAPE), np.uint8)
    first[30:33, 10:50] = 1
    second[4:7, 40:] = 2
    for labels in (first, second):
        import_annotations(app_state, "scribbles", NAME, encode_scribbles(labels))
    assert edits_of(app_state) == [stroke, Pixels.of(second)]
    labels = drawing_of(app_state).labels
    assert (labels[4:7, 40:] == 2).all()
    assert (labels[5, 5:38] == 1).all()
    assert not labels[30:33].any()


def test_a_file_of_many_images_is_imported(app_state: AppState) -> None:
    parts = np.zeros((2, *SHAPE), np.bool_)
    parts[0, 5:20, 5:20] = parts[1, 40:50, 30:60] = True
    annotations = [Annotation(NAME, parts[0]), Annotation("blob0.png", parts[1])]
    assert import_annotations(app_state, "coco", "blob2.png", encode_coco(annotations)) == [NAME, "blob0.png"]
    assert np.array_equal(drawing_of(app_state).full_mask(), parts[0])
    assert np.array_equal(drawing_of(app_state, "blob0.png").full_mask(), parts[1])
    assert app_state.storage.edited_images() == {NAME, "blob0.png"}


def zipped(files: Iterable[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name, data in files:
            archive.writestr(name, data)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["coco", "coco-polygons", "via-json", "via-csv", "labelme", "yolo"])
def test_objects_and_classes_are_imported_and_exported_again(app_state: AppState, kind: str) -> None:
    parts = np.zeros((3, *SHAPE), np.bool_)
    parts[0, 5:20, 5:20] = parts[1, 40:50, 30:60] = parts[2, 45:60, 2:20] = True
    found = list(zip(parts, ("dog", "cat", "dog"), strict=True))
    annotations = [Annotation(NAME, mask, label) for mask, label in found]
    data = {
        "coco": lambda: encode_coco(annotations, False, {"dog": 18, "cat": 17}),
        "coco-polygons": lambda: encode_coco(annotations, True, {"dog": 18, "cat": 17}),
        "via-json": lambda: encode_via_json(annotations, {NAME: 1}),
        "via-csv": lambda: encode_via_csv(annotations, {NAME: 1}),
        "labelme": lambda: zipped([("x.json", encode_labelme(annotations))]),
        "yolo": lambda: zipped(encode_yolo(annotations)),
    }[kind]()
    assert import_annotations(app_state, kind.removesuffix("-polygons"), "", data).note == ""
    classes = app_state.storage.classes.load()
    path = export(app_state, kind, None)
    file = path.read_bytes()
    if kind.startswith("coco"):
        assert classes.ids() == {"object": 1, "dog": 18, "cat": 17}
        read = COCO(str(path))  # as others read it
        assert {each["name"]: each["id"] for each in read.loadCats(read.getCatIds())} == classes.ids()
        objects = read.loadAnns(read.getAnnIds())
        assert [each["category_id"] for each in objects] == [18, 17, 18]
        assert all(np.array_equal(read.annToMask(each), part) for each, part in zip(objects, parts, strict=True))
    other = make_app_state(app_state.storage.folder.parent / "other", images=3)
    assert import_annotations(other, kind.removesuffix("-polygons"), "", file) == [NAME]
    for state in (app_state, other):
        classes = state.storage.classes.load()
        scene = Scene(state.images.load(NAME), state.segmenter, state.storage.load(NAME, SHAPE), classes)
        masks = [(mask, classes.name_of(info.category)) for info, mask in scene.full_masks()]
        assert [label for _, label in masks] == [label for _, label in found]
        assert all(np.array_equal(mask, part) for (mask, _), (part, _) in zip(masks, found, strict=True))


def test_numbered_masks_become_objects_and_classes(app_state: AppState) -> None:
    numbers = np.zeros(SHAPE, np.uint8)
    numbers[5:20, 5:20], numbers[40:50, 30:60], numbers[60:] = 1, 3, 255
    for kind, expected in (("objects", [1, 1]), ("classes", [1, 3])):
        import_annotations(app_state, kind, NAME, encode_indexed(numbers))
        record = app_state.storage.load(NAME, SHAPE)
        assert [info.category for info in record.objects] == expected
        again = np.asarray(Image.open(export(app_state, kind, NAME)))
        wanted = np.where(numbers == 3, 2, numbers) if kind == "objects" else numbers
        assert np.array_equal(again[:55], wanted[:55])


def test_overlap_is_told_and_kept_where_it_is_allowed(app_state: AppState) -> None:
    parts = np.zeros((2, *SHAPE), np.bool_)
    parts[0, 5:30, 5:30] = parts[1, 20:50, 20:60] = True
    data = encode_coco([Annotation(NAME, mask) for mask in parts])
    assert f"{NAME}: objects overlap" in import_annotations(app_state, "coco", "", data).note
    for overlap in (False, True):
        app_state.storage.classes.save(Classes([ClassInfo(1, "object", "#0072ff")], overlap))
        file = export(app_state, "coco", None).read_bytes()
        first, second = FORMATS["coco"].decode(file, {NAME: SHAPE}, lambda _: None)
        assert np.array_equal(first.mask, parts[0])
        assert np.array_equal(second.mask, parts[1] if overlap else parts[1] & ~parts[0])


def test_objects_are_added_to_those_with_strokes_and_replace_earlier_imports(app_state: AppState) -> None:
    stroke = Stroke("inside", 3, ((5, 5), (60, 5)))
    app_state.storage.save(NAME, SHAPE, ImageRecord.of([stroke]))
    numbers = np.zeros(SHAPE, np.uint8)
    numbers[20:30], numbers[40:50] = 1, 2
    for _ in range(2):
        import_annotations(app_state, "objects", NAME, encode_indexed(numbers))
        record = app_state.storage.load(NAME, SHAPE)
        assert [len(record.edits_of(info.number)) for info in record.objects] == [1, 1, 1]
        assert record.edits_of(record.objects[-1].number) == [stroke]
    import_annotations(app_state, "mask", NAME, encode_mask(MASK), record.objects[-1].number)
    assert len(app_state.storage.load(NAME, SHAPE).edits_of(record.objects[-1].number)) == 2


def test_boxes_without_masks_are_counted_and_replace_nothing(app_state: AppState) -> None:
    record = json.loads(encode_coco([Annotation(NAME, MASK), Annotation("blob0.png", MASK)]))
    record["annotations"][1]["segmentation"] = []
    import_annotations(app_state, "mask", "blob0.png", encode_mask(~MASK))
    before = edits_of(app_state, "blob0.png")
    imported = import_annotations(app_state, "coco", "", json.dumps(record).encode())
    assert imported == [NAME]
    assert imported.note == "Left out: 1 box without a mask (annotation 2)."
    assert edits_of(app_state, "blob0.png") == before
    del record["annotations"][0]
    with pytest.raises(CutOutError, match=r"no objects with masks; left out: 1 box without a mask \(annotation 1\)"):
        import_annotations(app_state, "coco", "", json.dumps(record).encode())
    assert edits_of(app_state, "blob0.png") == before


def test_images_whose_frame_is_uncertain_are_named(tmp_path: Path) -> None:
    app_state = make_app_state(tmp_path, images=2)
    path = tmp_path / "data" / "images" / NAME
    image = Image.open(path)
    exif = image.getexif()
    exif[0x0112] = 3
    image.save(path, exif=exif)
    imported = import_annotations(app_state, "mask", NAME, encode_mask(MASK))
    assert imported.note == f"{NAME}: turned by EXIF data; the annotations were taken for upright."
    assert import_annotations(app_state, "mask", "blob0.png", encode_mask(MASK)).note == ""


def test_void_is_left_to_the_cut(app_state: AppState) -> None:
    trimap = np.where(MASK, 255, 0).astype(np.uint8)
    trimap[50:] = 128
    numbers = np.where(MASK, 3, 0).astype(np.uint8)
    numbers[50:] = 255
    for kind, image in (("mask", Image.fromarray(trimap)), ("objects", Image.fromarray(numbers))):
        buffer = io.BytesIO()
        image.save(buffer, "PNG")
        import_annotations(app_state, kind, NAME, buffer.getvalue())
        labels = drawing_of(app_state).labels
        assert not labels[50:].any()
        assert np.array_equal(labels[:50], np.where(MASK, 1, 2)[:50])


@pytest.mark.parametrize("name", ["images/{}", "images\\{}", "./{}", "https://example.org/data/{}?d=1"])
def test_names_with_folders_find_their_image(app_state: AppState, name: str) -> None:
    record = json.loads(encode_coco([Annotation(NAME, MASK)]))
    record["images"][0] |= {"file_name": name.format(NAME), "id": "7", "height": str(SIZE), "width": None}
    record["annotations"][0]["image_id"] = 7
    assert import_annotations(app_state, "coco", "", json.dumps(record).encode()) == [NAME]
    assert np.array_equal(drawing_of(app_state).full_mask(), MASK)


def test_two_images_of_one_id_or_one_name_are_refused(app_state: AppState) -> None:
    record = json.loads(encode_coco([Annotation(NAME, MASK), Annotation("blob0.png", MASK)]))
    record["images"][1]["id"] = record["images"][0]["id"]
    with pytest.raises(CutOutError, match=r"gives blob1\.png and blob0\.png one id"):
        import_annotations(app_state, "coco", "", json.dumps(record).encode())
    record["images"][1] |= {"id": 2, "file_name": f"other/{NAME}"}
    with pytest.raises(CutOutError, match="names two images"):
        import_annotations(app_state, "coco", "", json.dumps(record).encode())


def test_a_large_mask_is_cut_at_working_size(tmp_path: Path) -> None:
    app_state = make_app_state(tmp_path, images=1)
    sample = blob_sample(1100, 3)
    Image.fromarray(sample.image).save(tmp_path / "data" / "images" / "large.png")
    app_state = make_app_state(tmp_path, images=1)
    import_annotations(app_state, "mask", "large.png", encode_mask(sample.mask))
    edits = app_state.storage.load("large.png", (1100, 1100)).edits
    drawing = Drawing(sample.image, app_state.segmenter, edits)
    assert plain_iou(drawing.full_mask(), sample.mask, sample.void) > 0.99
    assert np.array_equal(drawing.full_labels() == 1, sample.mask)
    thin = np.zeros((1100, 1100), np.uint8)
    thin[550, 100:1000] = 1
    import_annotations(app_state, "scribbles", "large.png", encode_scribbles(thin))
    edits = app_state.storage.load("large.png", (1100, 1100)).edits
    assert (Drawing(sample.image, app_state.segmenter, edits).labels == 1).any(axis=0).sum() >= 900 * 512 // 1100


@pytest.mark.parametrize(
    ("kind", "name", "data", "said"),
    [
        ("tiff", NAME, b"", "no format 'tiff'"),
        ("mask", "../x.png", FILES["mask"](MASK), "no image"),
        ("mask", NAME, b"", "cannot be read"),
        ("mask", NAME, FILES["mask"](MASK[1:]), "64 x 63"),
        ("mask", NAME, FILES["objects"](MASK)[:50], "cannot be read"),
        ("scribbles", NAME, FILES["objects"](MASK), "other numbers"),
        ("coco", NAME, b"[", "not valid JSON"),
        ("coco", NAME, encode_coco([]), "no objects"),
        ("coco", NAME, encode_coco([Annotation(NAME, MASK), Annotation("other.png", MASK)]), "does not exist here"),
        ("via-csv", NAME, FILES["coco"](MASK), "damaged"),
        ("via-json", NAME, FILES["via-json"](MASK).replace(b"[12", b"[99"), "leaves the image"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_kept(
    app_state: AppState, kind: str, name: str, data: bytes, said: str
) -> None:
    with pytest.raises(CutOutError, match=said):
        import_annotations(app_state, kind, name, data)
    assert app_state.storage.edited_images() == set()


def test_a_file_that_is_half_right_changes_nothing(app_state: AppState) -> None:
    data = encode_coco([Annotation(NAME, MASK), Annotation("blob0.png", MASK)])
    broken = data.replace(b'"category_id": 1', b'"category_id": 7', 2).replace(
        b'"category_id": 7', b'"category_id": 1', 1
    )
    with pytest.raises(CutOutError, match="Annotation 2"):
        import_annotations(app_state, "coco", "", broken)
    assert app_state.storage.edited_images() == set()


def test_objects_have_a_limit(app_state: AppState, monkeypatch: pytest.MonkeyPatch) -> None:
    annotations = [Annotation(f"blob{number}.png", MASK) for number in range(3)]
    monkeypatch.setattr(imports, "MAX_IMPORTED", 2)
    with pytest.raises(CutOutError, match="more than 2 objects"):
        import_annotations(app_state, "coco", "", encode_coco(annotations))
    monkeypatch.setattr(imports, "MAX_IMPORTED", 3)
    assert len(import_annotations(app_state, "coco", "", encode_coco(annotations))) == 3


def test_labels_have_a_limit_in_bytes() -> None:
    noise = np.random.default_rng(0).integers(0, 3, (3000, 4000), np.uint8)
    with pytest.raises(CutOutError, match="MiB as PNG"):
        Pixels.of(noise)


def test_strokes_of_before_and_what_is_imported_have_a_limit(
    app_state: AppState, monkeypatch: pytest.MonkeyPatch
) -> None:
    strokes: list[Edit] = [Stroke("inside", 3, ((5, 5),)), Stroke("outside", 3, ((60, 5),))]
    app_state.storage.save(NAME, SHAPE, ImageRecord.of(strokes))
    monkeypatch.setattr(imports, "MAX_EDITS", 2)
    with pytest.raises(CutOutError, match=f"{NAME} can have at most 2 strokes"):
        import_annotations(app_state, "mask", NAME, encode_mask(MASK))
    of_two = encode_coco([Annotation("blob0.png", MASK), Annotation(NAME, MASK)])
    with pytest.raises(CutOutError, match=f"{NAME} can have at most 2 strokes"):
        import_annotations(app_state, "coco", "", of_two)
    assert (edits_of(app_state), edits_of(app_state, "blob0.png")) == (strokes, [])
    app_state.storage.save(NAME, SHAPE, ImageRecord.of(strokes[:1]))
    for _ in range(2):  # the second takes the place of the first
        import_annotations(app_state, "mask", NAME, encode_mask(MASK))
    assert len(edits_of(app_state)) == 2
