"""Strokes drawn zoomed in refine the mask of a large image, and the page shows the mask that is exported."""

import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from page_frames import decode_detail, decode_frame
from page_server import make_app_state
from PIL import Image
from scenes import plain_iou

from cutout_rl.segmenters import make_segmenter
from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.app_state import AppState
from cutout_rl.web.drawing import Drawing
from cutout_rl.web.edit_json import from_json, to_json
from cutout_rl.web.edits import BackgroundFill, Box, Edit, Stroke
from cutout_rl.web.export import export
from cutout_rl.web.messages import decode_message
from cutout_rl.web.objects import ImageRecord
from cutout_rl.web.other_masks import OtherMasks
from cutout_rl.web.resample import Mask
from cutout_rl.web.session import ClientSession
from cutout_rl.web.views import Views
from cutout_rl.web.windows import MAX_WINDOWS, split_edits

HEIGHT, WIDTH = 1500, 2000
WINDOW = Box(1100, 500, 1612, 1012)
OTHER = Box(1300, 600, 1812, 1112)
COARSE = (
    Stroke("inside", 30, ((700, 750), (1100, 760))),
    Stroke("outside", 30, ((60, 60), (1940, 60), (1940, 1440))),
)
SEGMENTER = make_segmenter("graphcut-scaled")


def picture() -> tuple[NDArray[np.uint8], Mask]:
    """Draw a light disc with thin strands and slits at its edge, with noise; return it and its mask."""
    rng = np.random.default_rng(3)
    truth = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.circle(truth, (900, 750), 450, 1, -1)
    for angle in np.linspace(-0.5, 0.5, 9):
        direction = np.array((np.cos(angle), np.sin(angle)))
        ends = [np.round((900, 750) + reach * direction).astype(int).tolist() for reach in (440, 560, 330, 420)]
        cv2.line(truth, ends[0], ends[1], 1, 7)
        cv2.line(truth, ends[2], ends[3], 0, 7)
    mask = truth > 0
    image = np.where(mask[..., None], (190, 150, 120), (70, 90, 110)) + rng.normal(0, 12, (HEIGHT, WIDTH, 1))
    return np.clip(image, 0, 255).astype(np.uint8), mask


IMAGE, TRUTH = picture()


def fine_strokes(window: Box | None) -> list[Edit]:
    """Return strokes along the first strand, the last slit, and the edge."""
    return [
        Stroke("inside", 3, ((1350, 750), (1440, 750)), window=window),
        Stroke("outside", 3, ((1240, 750), (1310, 750)), window=window),
        Stroke("inside", 3, ((1342, 860), (1420, 880)), window=window),
        Stroke("outside", 3, ((1420, 700), (1500, 640)), window=window),
    ]


def mask_of(edits: list[Edit], image: NDArray[np.uint8] = IMAGE) -> Mask:
    return Drawing(image, SEGMENTER, edits).full_mask()


def iou_in(mask: Mask, box: Box) -> float:
    part = box.slices()
    return plain_iou(mask[part], TRUTH[part], np.zeros_like(TRUTH[part]))


@pytest.fixture
def app_state(tmp_path: Path) -> AppState:
    state = make_app_state(tmp_path, images=1)
    buffer = BytesIO()
    Image.fromarray(IMAGE).save(buffer, "PNG", compress_level=1)
    state.images.add("large.png", buffer.getvalue())
    state.agents.current = replace(state.agents.current, segmenter=SEGMENTER)
    return state


class Client:
    """A client that looks at the large image, zoomed in or not."""

    def __init__(self, app_state: AppState) -> None:
        """Open the image."""
        self.session = ClientSession(app_state)
        self.send("open", name="large.png")

    def send(self, do: str, **fields: Any) -> None:
        """Send a message; an error is raised."""
        self.session.handle(decode_message(json.dumps({"do": do, **fields})))
        assert not [note for note in self.session.notes if "error" in note]

    def look(self, area: Box) -> None:
        """Zoom to an area."""
        self.send("look", area=[area.left, area.top, area.right, area.bottom], pixels=900)

    def draw(self, stroke: Edit) -> None:
        """Draw a stroke point by point."""
        assert isinstance(stroke, Stroke)
        window = None if stroke.window is None else to_json(stroke)["window"]
        self.send("stroke", pen=stroke.pen, width=stroke.width, points=stroke.points[:1], window=window)
        for point in stroke.points[1:]:
            self.frame()
            self.send("extend", points=[point])
        self.send("extend", points=stroke.points[-1:], end=True)

    def frame(self) -> bytes:
        """Return the next frame."""
        frame = self.session.frame()
        assert frame is not None
        return frame

    def settled(self) -> bytes:
        """Return the frame after all work is done."""
        frame = self.frame()
        while self.session.is_busy:
            frame = self.frame()
        return frame


def exported(app_state: AppState, kind: str = "mask") -> NDArray[np.uint8]:
    return np.asarray(Image.open(export(app_state, kind, "large.png")))


def test_strokes_refine_the_mask_in_their_window_and_keep_the_rest() -> None:
    before, unzoomed, zoomed = (mask_of([*COARSE, *more]) for more in ([], fine_strokes(None), fine_strokes(WINDOW)))
    inner = Box(WINDOW.left + 40, WINDOW.top + 40, WINDOW.right - 40, WINDOW.bottom - 40)
    assert iou_in(zoomed, inner) > iou_in(before, inner) + 0.005
    assert iou_in(zoomed, inner) > iou_in(unzoomed, inner) + 0.005
    outside = np.ones_like(before)
    outside[WINDOW.slices()] = False
    assert np.array_equal(zoomed[outside], before[outside])
    assert zoomed[750, 1350:1440].all()
    assert not zoomed[750, 1240:1310].any()


def test_undo_redo_and_opening_again_give_the_same_mask_bit_for_bit() -> None:
    edits: list[Edit] = [*COARSE, *fine_strokes(WINDOW), Stroke("inside", 3, ((1345, 700), (1430, 690)), window=OTHER)]
    edits += [Stroke("outside", 20, ((1500, 600), (1560, 900))), Stroke("outside", 3, ((1200, 640),), window=WINDOW)]
    drawing = Drawing(IMAGE, SEGMENTER)
    masks = [drawing.full_mask()]
    for edit in edits:
        assert isinstance(edit, Stroke)
        drawing.apply(replace(edit, points=edit.points[:1]))
        for point in edit.points[1:]:
            drawing.mask()
            drawing.extend((point,))
        masks.append(drawing.full_mask())
    assert len({mask.tobytes() for mask in masks[1:]}) == len(edits)
    stored = [from_json(json.loads(json.dumps(to_json(edit))), (HEIGHT, WIDTH)) for edit in edits]
    assert np.array_equal(mask_of(stored), masks[-1])
    for mask in masks[-2::-1]:
        drawing.undo()
        assert np.array_equal(drawing.full_mask(), mask)
    for mask in masks[1:]:
        drawing.redo()
        assert np.array_equal(drawing.full_mask(), mask)


def test_parts_of_a_mask_are_those_of_the_whole() -> None:
    painted = Stroke("add", 9, ((1000.5, 100.25), (1900.75, 1400.5)))
    for edits in (
        [*COARSE],
        [*COARSE, *fine_strokes(WINDOW), painted],
        [Box(700, 300, 1700, 1200), *fine_strokes(WINDOW)],
    ):
        drawing = Drawing(IMAGE, SEGMENTER, edits)
        whole = drawing.full_mask()
        for area in (Box(0, 0, 700, 1500), Box(1111, 501, 1733, 1033), Box(1999, 1499, 2000, 1500)):
            assert np.array_equal(drawing.part(area), whole[area.slices()])


def test_the_screen_shows_what_is_exported(app_state: AppState) -> None:
    client = Client(app_state)
    for stroke in COARSE:
        client.draw(stroke)
    area = Box(1150, 560, 1560, 950)
    client.look(area)
    for stroke in fine_strokes(WINDOW):
        client.draw(stroke)
        sides, mask, labels = decode_detail(client.settled()) or ([], None, None)
        assert sides == [area.left, area.top, area.right, area.bottom]
        assert np.array_equal(mask, exported(app_state)[area.slices()] > 0)
        assert labels is not None
        assert set(np.unique(labels)) <= {0, 1, 2}
        assert labels.any()
    client.look(Box(0, 0, WIDTH, HEIGHT))
    sides, mask, _ = decode_detail(client.settled()) or ([], None, None)
    assert sides == [0, 0, 2001, 1500]  # three pixels of the image each
    whole = np.pad(exported(app_state) > 0, ((0, 0), (0, 1)))
    assert np.array_equal(mask, whole.reshape(500, 3, 667, 3).sum(axis=(1, 3)) > 4.5)
    client.send("undo")
    _, undone, _ = decode_frame(client.settled())
    other = Client(app_state)
    _, again, _ = decode_frame(other.settled())
    assert np.array_equal(undone, again)


def test_a_stroke_that_is_being_drawn_shows_its_mask(app_state: AppState) -> None:
    client = Client(app_state)
    for stroke in COARSE:
        client.draw(stroke)
    client.look(Box(1150, 560, 1560, 950))
    before = (decode_detail(client.settled()) or ([], None, None))[1]
    client.send("stroke", pen="outside", width=3, points=[(1160, 750), (1200, 750)], window=[1100, 500, 1612, 1012])
    sides, mask, _ = decode_detail(client.frame()) or ([0, 0], None, None)
    assert mask is not None
    assert before is not None
    assert not mask[750 - sides[1], 1160 - sides[0] : 1200 - sides[0]].any()
    assert before[750 - sides[1], 1160 - sides[0] : 1200 - sides[0]].any()


def test_objects_share_what_is_drawn_zoomed_in(app_state: AppState) -> None:
    client = Client(app_state)
    for stroke in COARSE:
        client.draw(stroke)
    client.send("add_object")
    client.draw(Stroke("inside", 30, ((1500, 1200), (1700, 1300))))
    client.draw(Stroke("outside", 30, ((60, 1400), (1000, 1400))))
    client.draw(Stroke("inside", 4, ((1380, 760), (1420, 790)), window=WINDOW))
    area = Box(1150, 560, 1560, 950)
    client.look(area)
    _, mask, _ = decode_detail(client.settled()) or ([], None, None)
    numbers = exported(app_state, "objects")
    assert set(np.unique(numbers)) == {0, 1, 2}
    assert numbers[760, 1380] == 1  # the new object, on top
    assert np.array_equal(mask, numbers[area.slices()] == 1)
    client.send("select_object", object=1)
    _, mask, _ = decode_detail(client.settled()) or ([], None, None)
    assert np.array_equal(mask, numbers[area.slices()] == 2)


def others_in(client: Client, area: Box) -> NDArray[np.uint8] | None:
    """Return the numbers of the objects that are not selected as the client sees them; None before it has any."""
    client.settled()
    notes = [note["others"] for note in client.session.notes if "others" in note]
    if not notes:
        return None
    note = notes[-1]
    assert note["area"][:2] == [area.left, area.top]
    assert (note["width"], note["height"]) == (-(-area.width // step_of(note)), -(-area.height // step_of(note)))
    runs = np.array(note["runs"])
    places = np.repeat(runs & 255, runs >> 8).reshape(note["height"], note["width"])
    return np.array([0, *note["numbers"]], np.uint8)[places]


def step_of(note: dict[str, Any]) -> int:
    return int((note["area"][2] - note["area"][0]) // note["width"])


def test_objects_that_are_not_selected_are_shown_as_they_are_exported(app_state: AppState) -> None:
    client = Client(app_state)
    for stroke in [*COARSE, *fine_strokes(WINDOW)]:
        client.draw(stroke)
    area = Box(1150, 560, 1560, 950)
    client.look(area)
    assert others_in(client, area) is None  # there is one object
    client.send("add_object")
    client.draw(Stroke("inside", 30, ((1500, 1200), (1700, 1300))))
    client.draw(Stroke("outside", 30, ((60, 1400), (1000, 1400))))
    client.draw(Stroke("inside", 4, ((1380, 760), (1420, 790)), window=WINDOW))

    def expected(selected: int) -> NDArray[np.uint8]:
        """Return the numbers of the objects in the export, without the selected one."""
        numbers = exported(app_state, "objects")[area.slices()]
        place = {2: 1, 1: 2}[selected]  # in the list: the newer object is on top
        return np.where(numbers == place, 0, np.array([0, 2, 1], np.uint8)[numbers])

    shown = others_in(client, area)
    assert shown is not None
    selected = exported(app_state, "objects")[area.slices()] == 1
    assert np.array_equal(np.where(selected, 0, shown), expected(2))
    cut = OtherMasks(client.session._mode.scene).in_whole()  # type: ignore[union-attr]  # at a quarter of the size
    coarse = cv2.resize(cut, (WIDTH, HEIGHT), interpolation=cv2.INTER_NEAREST)[area.slices()] > 0
    assert np.count_nonzero(coarse != (shown == 1)) > 500
    client.send("select_object", object=1)
    assert np.array_equal(others_in(client, area), expected(1))
    client.send("change_object", object=2, hidden=True)
    client.settled()
    assert client.session.notes[-1] == {"others": {"name": "large.png"}}
    client.send("change_object", object=2, hidden=False)
    whole = Box(0, 0, WIDTH, HEIGHT)
    client.look(whole)
    shown = others_in(client, whole)
    assert shown is not None
    numbers = np.pad(exported(app_state, "objects"), ((0, 0), (0, 1)))
    blocks = (numbers == 1).reshape(500, 3, 667, 3).sum(axis=(1, 3)) > 4.5
    assert np.array_equal(shown == 2, blocks)
    n_notes = len(client.session.notes)
    client.draw(Stroke("outside", 30, ((60, 300), (60, 600))))  # of the other object; nothing else has changed
    client.settled()
    assert not [note for note in client.session.notes[n_notes:] if "others" in note]


def test_older_files_and_small_images_have_no_windows(app_state: AppState) -> None:
    plain = {"pen": "inside", "width": 3.0, "points": ((1.0, 2.0),), "by": "person"}
    assert to_json(Stroke("inside", 3.0, ((1.0, 2.0),))) == plain
    assert from_json(dict(plain), (HEIGHT, WIDTH)) == Stroke("inside", 3.0, ((1.0, 2.0),))
    with pytest.raises(CutOutError, match="too small"):
        from_json({**plain, "window": [5, 5, 6, 6]}, (HEIGHT, WIDTH))
    small = np.ascontiguousarray(IMAGE[600:900, 1100:1500])
    edits = [Stroke("inside", 5, ((50, 150),)), Stroke("outside", 5, ((390, 20),)), Stroke("inside", 3, ((300, 150),))]
    windowed = [replace(edit, window=Box(100, 50, 399, 299)) for edit in edits]
    assert np.array_equal(mask_of([*windowed], small), mask_of([*edits], small))
    session = ClientSession(app_state)
    session.handle(decode_message('{"do": "open", "name": "blob0.png"}'))
    session.handle(decode_message('{"do": "look", "area": [10, 10, 30, 30], "pixels": 800}'))
    assert decode_detail(session.frame() or b"") is None


def test_which_strokes_count_where() -> None:
    view = Box(0, 0, WIDTH, HEIGHT)
    inside, outside = COARSE
    fine = fine_strokes(WINDOW)[0]
    beyond = Stroke("inside", 3, ((1350, 750), (1700, 750)), window=WINDOW)
    erased = Stroke("erase", 3, ((1350, 750),), window=WINDOW)
    assert split_edits([inside, fine], view, True) == ([inside, fine], {})  # nothing to refine yet
    assert split_edits([inside, BackgroundFill(), fine], view, True)[1] == {WINDOW: [inside, BackgroundFill(), fine]}
    assert split_edits([inside, outside, beyond, erased], view, True) == ([inside, outside, beyond, erased], {})
    second = replace(fine, window=OTHER)
    whole, windows = split_edits([inside, outside, fine, second], view, True)
    assert whole == [inside, outside]
    assert windows == {WINDOW: [inside, outside, fine], OTHER: [inside, outside, fine, second]}
    within = replace(fine, window=Box(1200, 600, 1500, 900))
    assert list(split_edits([inside, outside, within, fine], view, True)[1]) == [WINDOW]
    many = [replace(fine, window=Box(1100 + i, 500, 1612 + i, 1012)) for i in range(MAX_WINDOWS + 2)]
    whole, windows = split_edits([inside, outside, *many], view, True)
    assert whole == [inside, outside, *many[:2]]
    assert len(windows) == MAX_WINDOWS


def test_windows_are_cut_by_every_segmenter() -> None:
    image = np.ascontiguousarray(IMAGE[500:1100, 900:1600])
    window = Box(200, 0, 600, 400)
    edits: list[Edit] = [Stroke("inside", 20, ((100, 200),)), Stroke("outside", 20, ((660, 100),))]
    edits.append(Stroke("inside", 3, ((455, 250), (535, 250)), window=window))
    for name in ("graphcut", "random-walker", "watershed"):
        drawing = Drawing(image, make_segmenter(name), edits, Views(image, make_segmenter(name)))
        assert drawing.is_in_window
        assert drawing.full_mask()[250, 460:530].all(), name


def test_strokes_kept_by_a_browser_keep_their_window(app_state: AppState) -> None:
    from cutout_rl.web.kept_edits import save_kept_edits

    fine = fine_strokes(WINDOW)[0]
    app_state.storage.save("large.png", (HEIGHT, WIDTH), ImageRecord.of([*COARSE, fine]))
    for _ in range(2):
        save_kept_edits(app_state, "large.png", json.dumps([to_json(fine)]).encode())
    assert app_state.storage.load("large.png", (HEIGHT, WIDTH)).edits == [*COARSE, fine]
