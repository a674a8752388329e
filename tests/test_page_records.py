"""Whatever is done on the page, its files of strokes and classes can be read again."""

import json
import os
from pathlib import Path

import pytest
from page_server import SIZE, make_app_state, open_session, send
from scenes import blob_sample

from cutout_rl.segmenters import make_segmenter
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web import autosave
from cutout_rl.web.app_state import AppState
from cutout_rl.web.classes import DEFAULT, decode_classes
from cutout_rl.web.edits import MAX_EDITS, BackgroundFill, Stroke
from cutout_rl.web.export import export
from cutout_rl.web.imports import import_annotations
from cutout_rl.web.kept_edits import save_kept_edits
from cutout_rl.web.objects import MAX_NUMBER, MAX_OBJECTS, ImageRecord, ObjectInfo
from cutout_rl.web.scene import Scene
from cutout_rl.web.session import ClientSession
from cutout_rl.web.storage import Storage

NAME = "blob0.png"
FILL = BackgroundFill()
TWO = (ObjectInfo(2), ObjectInfo(1))
DOT = Stroke("inside", 3, ((30, 32),))


@pytest.fixture
def app_state(tmp_path: Path) -> AppState:
    return make_app_state(tmp_path, images=1)


def draw(session: ClientSession, x: int) -> None:
    send(session, "stroke", pen="inside", width=3, points=[(x, 32)], end=True)


def stored(app_state: AppState, name: str = NAME) -> ImageRecord:
    """Return what the next server reads, which must find no damage."""
    storage = Storage(app_state.storage.folder)
    record = storage.load(name, (SIZE, SIZE))
    storage.classes.load()
    assert storage.damage == []
    return record


def columns(record: ImageRecord) -> list[tuple[int, float]]:
    return [(owner, edit.points[0][0]) for owner, edit in record.tagged if isinstance(edit, Stroke)]


def test_a_stroke_of_an_object_that_the_file_lacks_is_saved_with_the_object(app_state: AppState) -> None:
    session = open_session(app_state)
    draw(session, 10)
    send(session, "add_object")
    draw(session, 20)
    send(session, "clear")
    send(session, "select_object", object=1)
    draw(session, 30)
    send(session, "undo")
    send(session, "select_object", object=2)
    draw(session, 40)
    assert columns(stored(app_state)) == [(1, 10), (2, 40)]
    draw(session, 50)
    assert columns(stored(app_state)) == [(1, 10), (2, 40), (2, 50)]


def test_a_hidden_object_that_is_drawn_on_stays_shown(app_state: AppState) -> None:
    session = open_session(app_state)
    draw(session, 10)
    send(session, "change_object", object=1, hidden=True)
    assert stored(app_state).objects[0].hidden
    draw(session, 20)
    assert not stored(app_state).objects[0].hidden


def test_objects_share_the_most_edits_of_an_image() -> None:
    record = ImageRecord(TWO, (*((1, FILL),) * (MAX_EDITS - 100), *((2, FILL),) * 100))
    scene = Scene(blob_sample(SIZE, 0).image, make_segmenter("graphcut"), record, DEFAULT)
    for number, count in ((1, MAX_EDITS - 100), (2, 100)):
        scene.select(number)
        with pytest.raises(CutOutError, match="at most"):
            scene.replace([FILL] * (count + 1))
        scene.replace([FILL] * count)


@pytest.mark.parametrize(
    "record",
    [
        ImageRecord(TWO, ((1, FILL),) * (MAX_EDITS + 1)),
        ImageRecord(tuple(ObjectInfo(number) for number in range(1, MAX_OBJECTS + 2)), ((1, FILL),)),
    ],
    ids=["edits", "objects"],
)
def test_what_could_not_be_read_again_is_not_written(app_state: AppState, record: ImageRecord) -> None:
    app_state.storage.save(NAME, (SIZE, SIZE), ImageRecord.of([DOT]))
    with pytest.raises(CutOutError, match="at most"):
        app_state.storage.save(NAME, (SIZE, SIZE), record)
    assert stored(app_state).edits == [DOT]


def test_edits_of_two_clients_that_are_too_many_together_wait(
    app_state: AppState, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(autosave, "_RETRY_AFTER", 0.0)
    app_state.storage.save(NAME, (SIZE, SIZE), ImageRecord.of([FILL] * (MAX_EDITS - 1)))
    one, other = open_session(app_state), open_session(app_state)
    with monkeypatch.context() as full:
        full.setattr(Storage, "append", fail)
        full.setattr(Storage, "save", fail)
        draw(one, 10)
    draw(other, 20)
    one.refresh()
    assert columns(stored(app_state)) == [(1, 20)]
    assert one.is_stale  # and says so to the client, until something is undone
    send(one, "undo")
    assert columns(stored(app_state)) == [(1, 20)]
    assert not one.is_stale


def test_numbers_stay_in_the_range_of_the_files(app_state: AppState) -> None:
    classes = DEFAULT.with_names({"last": MAX_NUMBER, "next": None, "one more": None})
    assert [each.id for each in classes.classes] == [1, MAX_NUMBER, 2, 3]
    assert DEFAULT.with_names({"a": 7, "b": None}).ids() == {"object": 1, "a": 7, "b": 8}
    app_state.storage.classes.save(classes)

    kept = {"object": MAX_NUMBER, "pen": "inside", "width": 3, "points": [[10, 32]]}
    save_kept_edits(app_state, NAME, json.dumps([kept]).encode())
    session = open_session(app_state)
    send(session, "add_object", category=MAX_NUMBER)
    draw(session, 20)
    assert columns(stored(app_state)) == [(MAX_NUMBER, 10), (1, 20)]
    decode_classes((app_state.storage.folder / "classes.json").read_bytes())


def test_imported_objects_stay_in_the_range_of_the_files(app_state: AppState) -> None:
    record = ImageRecord((ObjectInfo(MAX_NUMBER), ObjectInfo(1)), ((MAX_NUMBER, DOT), (1, DOT)))
    app_state.storage.save(NAME, (SIZE, SIZE), record)
    polygon = [[8, 8, 40, 8, 40, 40]]
    coco = {
        "images": [{"id": 1, "file_name": NAME, "width": SIZE, "height": SIZE}],
        "categories": [{"id": 1, "name": "object"}],
        "annotations": [
            {"id": number, "image_id": 1, "category_id": 1, "segmentation": polygon, "bbox": [8, 8, 32, 32]}
            for number in (1, 2)
        ],
    }
    import_annotations(app_state, "coco", "", json.dumps(coco).encode())
    assert len(stored(app_state).objects) == 4


def test_an_object_that_is_no_number_is_refused(app_state: AppState) -> None:
    kept = {"object": True, "pen": "inside", "width": 3, "points": [[10, 32]]}
    with pytest.raises(CutOutError, match="no number"):
        save_kept_edits(app_state, NAME, json.dumps([kept]).encode())


def test_what_was_undone_of_a_dropped_object_is_forgotten() -> None:
    scene = Scene(blob_sample(SIZE, 0).image, make_segmenter("graphcut"), ImageRecord.of([DOT]), DEFAULT)
    scene.add(1)
    scene.apply(DOT)
    scene.change(2, name="oak")
    scene.remove(2)
    for _ in range(3):
        scene.undo()
    scene.select(1)
    while scene.can_redo:
        scene.redo()
    assert [info.number for info in scene.objects] == [1]


def test_strokes_are_appended_without_calls_of_unix(app_state: AppState, monkeypatch: pytest.MonkeyPatch) -> None:
    session = open_session(app_state)
    draw(session, 10)
    for name in ("pread", "pwrite", "ftruncate"):
        monkeypatch.delattr(os, name)
    monkeypatch.setattr("cutout_rl.web.storage.write_text", None)  # nothing is written anew
    draw(session, 20)
    assert columns(stored(app_state)) == [(1, 10), (1, 20)]


@pytest.mark.parametrize("letter", ["a", "\N{EVERGREEN TREE}"])
def test_images_with_the_longest_names_can_be_annotated(tmp_path: Path, letter: str) -> None:
    name = letter * (251 // len(letter.encode())) + ".png"
    (tmp_path / "data" / "images").mkdir(parents=True)
    app_state = make_app_state(tmp_path, images=1)
    blob = tmp_path / "data" / "images" / NAME
    blob.rename(blob.with_name(name))
    app_state = make_app_state(tmp_path, images=0)
    session = ClientSession(app_state)
    send(session, "open", name=name)
    for x in (10, 20):
        draw(session, x)
        assert session.notes == [] or "error" not in session.notes[-1]
    assert app_state.storage.edited_images() == {name}
    assert columns(stored(app_state, name)) == [(1, 10), (1, 20)]
    assert Storage(app_state.storage.folder).edited_images() == {name}
    assert name in export(app_state, "statistics", None).read_text()


def test_a_folder_has_one_server_and_is_removed_if_it_stays_empty(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    with Storage(folder).hold():
        with pytest.raises(CutOutError, match=rf"Another server uses {folder}.*--out"), Storage(folder).hold():
            pass
        assert folder.is_dir()
    assert not folder.exists()


def test_a_folder_that_cannot_be_written_is_served_all_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    with Storage(tmp_path / "file" / "kept").hold():
        assert "Cannot write into" in caplog.text
