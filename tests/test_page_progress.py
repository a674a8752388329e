"""States of images, the time of work on them, thumbnails, and the table of both."""

from io import BytesIO
from pathlib import Path

import pytest
from page_server import SIZE, make_app_state, serve
from PIL import Image

from cutout_rl.utils.errors import CutOutError
from cutout_rl.web import work_time
from cutout_rl.web.edits import PolygonEdit, Stroke
from cutout_rl.web.export import export
from cutout_rl.web.objects import ImageRecord, ObjectInfo
from cutout_rl.web.storage import Storage
from cutout_rl.web.work_time import WorkClock


def test_states_are_kept_and_follow_the_strokes(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    storage.states.set("a.png", "done")
    storage.states.set("b.png", "skipped")
    again = Storage(tmp_path).states
    assert [again.of(name, {"b.png", "c.png"}) for name in ("a.png", "b.png", "c.png", "d.png")] == [
        *("done", "skipped", "begun", "untouched"),
    ]
    again.set("a.png", "untouched")
    assert Storage(tmp_path).states.of("a.png", ()) == "untouched"
    with pytest.raises(CutOutError, match="no state 'lost'"):
        again.set("a.png", "lost")


@pytest.mark.parametrize("name", ["states.json", "times.json"])
def test_damaged_files_are_set_aside(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text('{"a.png": []}')
    storage = Storage(tmp_path)
    assert storage.states.of("a.png", ()) == "untouched"
    assert storage.times.load() == {}
    assert f"{name}.damaged" in storage.damage[0]
    assert (tmp_path / f"{name}.damaged").exists()


def test_pauses_are_not_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter((10.0, 15.0, 500.0, 510.0, 520.0, 523.0, 530.0, 532.0))
    monkeypatch.setattr(work_time, "monotonic", lambda: next(moments))
    storage = Storage(tmp_path)
    clock = WorkClock(storage.times)
    for name in ("a.png", "a.png", "a.png", "a.png", "b.png", "b.png"):
        clock.tick(name)
    clock.stop()
    assert storage.times.load() == {"a.png": 15, "b.png": 3}
    for _ in range(2):
        clock.tick("a.png")
    clock.stop()
    assert Storage(tmp_path).times.load()["a.png"] == 17


def test_the_table_counts_objects_strokes_and_changes_of_points(tmp_path: Path) -> None:
    app_state = make_app_state(tmp_path, images=2)
    strokes = [Stroke("inside", 3, ((5, 5),)), Stroke("outside", 3, ((60, 5),)), Stroke("inside", 3, ((9, 9),), "bc")]
    brush = [Stroke("add", 3, ((20, 5),)), Stroke("remove", 3, ((22, 5),)), Stroke("add", 3, ((24, 5),))]
    ring = ((5.0, 5.0), (20.0, 5.0), (20.0, 20.0))
    moved = PolygonEdit((ring,), 0, (*ring[:2], (20.0, 30.0)), 3)
    record = ImageRecord(
        (ObjectInfo(1), ObjectInfo(2)),
        tuple(zip((1, 1, 2, 1, 1, 2, 2), [*strokes, *brush, moved], strict=True)),
    )
    app_state.storage.save("blob1.png", (SIZE, SIZE), record)
    app_state.storage.times.add("blob1.png", 12.5)
    lines = export(app_state, "statistics", None).read_text().splitlines()
    assert lines == [
        "image,state,objects,strokes,strokes_of_agents,brush_strokes,point_edits,seconds,seconds_per_object",
        "blob1.png,begun,2,2,1,3,1,12.5,6.2",
    ]


def test_thumbnails_are_small_and_of_listed_images_only(tmp_path: Path) -> None:
    with serve(make_app_state(tmp_path, size=200, images=1)) as served:
        status, data = served.get("/thumbnail?name=blob0.png")
        assert status == 200
        assert Image.open(BytesIO(data)).size == (96, 96)
        assert served.get("/thumbnail?name=../blob0.png")[0] == 400
        assert served.post("/state?name=x.png&state=done", Origin=served.address)[0] == 400
        assert served.post("/state?name=blob0.png&state=done", Origin=served.address)[0] == 200
        assert b'"state":"done"' in served.get("/about")[1]
