"""The page in Debian's Chromium: strokes with both buttons, undo, export, reload, the game, the network, the camera,
and the time to a mask."""

import json
import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from page_server import SIZE, Served, make_app_state, serve
from PIL import Image

from cutout_rl.annotation.formats import encode_mask
from cutout_rl.experiments.page_latency.browser import (
    Button,
    Mouse,
    on_screen,
    open_page,
    text,
    wait,
)
from cutout_rl.web.drawing import Drawing

AXE = os.environ.get("CUTOUT_RL_AXE")  # path of axe.min.js, which is not part of the project


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serve(make_app_state(tmp_path_factory.mktemp("page"))) as server:
        yield server


def open_image(browser: Any, served: Served, name: str) -> None:
    open_page(browser, served.address, name)


def strokes(browser: Any) -> int:
    return int(text(browser, "status").split("; ")[1].split()[0])


def blueness(browser: Any, x: float, y: float) -> float:
    """Return the mean of blue minus red over some pixels of the screen around a pixel of the image."""
    ((column, row),) = on_screen(browser, SIZE, [(x, y)])
    red, blue = browser.execute_script(
        "const board = document.getElementById('board'), box = board.getBoundingClientRect();"
        "const ratio = board.width / box.width;"
        "const {data} = board.getContext('2d').getImageData("
        "(arguments[0] - box.x) * ratio - 8, (arguments[1] - box.y) * ratio - 8, 16, 16);"
        "return [0, 2].map((at) => data.filter((_, i) => i % 4 === at).reduce((sum, value) => sum + value, 0) / 256)",
        column,
        row,
    )
    return float(blue - red)


def draw(browser: Any, mouse: Mouse, button: Button, *corners: tuple[float, float]) -> None:
    """Draw with a button of the mouse along corners in pixels of the image, and wait for the mask."""
    before = strokes(browser)
    mouse.drag(button, on_screen(browser, SIZE, corners), speed=4000)
    wait(lambda: strokes(browser) == before + 1)


def press(browser: Any, key: str, **more: Any) -> None:
    browser.execute_script(
        "document.getElementById('board').dispatchEvent("
        "new KeyboardEvent('keydown', {key: arguments[0], bubbles: true, cancelable: true, ...arguments[1]}))",
        key,
        more,
    )


def kept(served: Served, name: str) -> Drawing:
    image = served.app_state.images.load(name)
    return Drawing(image, served.app_state.segmenter, served.app_state.storage.load(name, (SIZE, SIZE)).edits)


def test_drawing_undoing_exporting_and_opening_again(browser: Any, mouse: Mouse, served: Served) -> None:
    open_image(browser, served, "blob0.png")
    draw(browser, mouse, "left", (28, 32), (38, 32))
    draw(browser, mouse, "right", (3, 3), (60, 3), (60, 60))
    draw(browser, mouse, "left", (8, 50), (20, 55))
    wait(lambda: len(kept(served, "blob0.png").edits) == 3)
    assert [edit.pen for edit in kept(served, "blob0.png").edits] == ["inside", "outside", "inside"]  # type: ignore[union-attr]
    press(browser, "z", ctrlKey=True)
    wait(lambda: strokes(browser) == 2)
    wait(lambda: len(kept(served, "blob0.png").edits) == 2)
    score = text(browser, "score")
    status, exported = served.post("/export?kind=mask&name=blob0.png", Origin=served.address)
    assert status == 200
    mask = np.asarray(Image.open(BytesIO(exported))) > 0
    drawing = kept(served, "blob0.png")
    cold = served.app_state.segmenter.segment(drawing.image, drawing.labels == 1, drawing.labels == 2)
    assert np.array_equal(mask, cold)
    truth = np.asarray(Image.open(served.app_state.storage.folder.parent / "data" / "masks" / "blob0.png")) > 0
    assert float(score.removeprefix("IoU ")) == pytest.approx((mask & truth).sum() / (mask | truth).sum(), abs=6e-4)
    open_image(browser, served, "blob0.png")
    assert strokes(browser) == 2
    assert text(browser, "score") == score
    press(browser, "z", ctrlKey=True)
    wait(lambda: strokes(browser) == 1)
    press(browser, "Z", ctrlKey=True, shiftKey=True)
    wait(lambda: strokes(browser) == 2)


@pytest.mark.parametrize(
    ("given", "opened"), [("%", "blob0.png"), ("%ff&name=x", "blob0.png"), ("blob1%2Epng", "blob1.png")]
)
def test_any_address_opens_an_image(browser: Any, served: Served, given: str, opened: str) -> None:
    open_image(browser, served, given)
    wait(lambda: browser.current_url.endswith(f"#{opened}"))


def test_keys_choose_pens_views_and_images(browser: Any, served: Served) -> None:
    def pressed(selector: str) -> list[str]:
        return [
            b.text for b in browser.find_elements("css selector", selector) if b.get_attribute("aria-pressed") == "true"
        ]

    open_image(browser, served, "blob1.png")
    for key, selector, chosen in (
        *(("x", ".tool", "Outside"), ("x", ".tool", "Inside"), ("e", ".tool", "Erase"), ("b", ".tool", "Box")),
        *(("1", ".view", "Image"), ("3", ".view", "Cut-out"), ("4", ".view", "Mask"), ("2", ".view", "Blend")),
    ):
        press(browser, key)
        assert pressed(selector) == [chosen]
    width = int(text(browser, "width-value"))
    press(browser, "]")
    assert int(text(browser, "width-value")) == width + 1
    press(browser, "ArrowRight")
    wait(lambda: browser.current_url.endswith("#blob2.png"))
    press(browser, "?")
    assert browser.find_element("id", "help").get_attribute("open") is not None


def test_a_box_is_cut_in_and_the_agent_draws(browser: Any, mouse: Mouse, served: Served) -> None:
    open_image(browser, served, "blob3.png")
    press(browser, "b")
    draw(browser, mouse, "left", (10, 10), (54, 54))
    assert browser.find_element("id", "whole").is_displayed()
    browser.find_element("id", "assist-one").click()
    wait(lambda: "1 by the agent" in text(browser, "status"))
    browser.find_element("id", "remove-agent-strokes").click()
    wait(lambda: "by the agent" not in text(browser, "status"))


def test_a_mask_is_imported(browser: Any, served: Served, tmp_path: Path) -> None:
    open_image(browser, served, "blob1.png")
    mask = np.zeros((SIZE, SIZE), np.bool_)
    mask[10:30, 20:50] = True
    (tmp_path / "mask.png").write_bytes(encode_mask(mask))
    browser.find_element("id", "import").send_keys(str(tmp_path / "mask.png"))
    wait(lambda: strokes(browser) == 1)
    assert np.array_equal(kept(served, "blob1.png").full_mask(), mask)
    press(browser, "z", ctrlKey=True)
    wait(lambda: strokes(browser) == 0)


def test_a_game_is_played_and_scored(browser: Any, served: Served) -> None:
    open_image(browser, served, "blob0.png")
    browser.find_element("id", "mode-game").click()
    for step, key in enumerate(("ArrowUp", "ArrowRight", "End", "Home", "ArrowDown"), start=1):
        wait(lambda step=step: text(browser, "game-state").startswith(f"{step - 1} of 5"))
        press(browser, key, shiftKey=step % 2 == 0)
    wait(lambda: text(browser, "game-state").startswith("Finished after 5 moves"))
    assert "still pens" in text(browser, "scores")
    assert served.app_state.storage.scores()[-1]["moves"] == 5


def is_confident(prediction: Any) -> bool:
    return prediction is not None and (prediction[1] > 230).mean() > 0.05 and (prediction[1] < 25).mean() > 0.3


@pytest.mark.slow
def test_network_learns_live_and_its_prediction_is_seen_controlled_and_cut_from(
    browser: Any, mouse: Mouse, served: Served
) -> None:
    trainer = served.app_state.trainer
    open_image(browser, served, "blob1.png")
    draw(browser, mouse, "left", (28, 32), (38, 32))
    draw(browser, mouse, "right", (3, 3), (60, 3), (60, 60))
    browser.find_element("css selector", "summary").click()
    wait(lambda: "px inside, on " in text(browser, "balance-state"))
    press(browser, "1")
    places = (33, 26), (8, 50)  # in the blob and out of it, on no stroke
    inside, outside = (blueness(browser, *at) for at in places)
    press(browser, "t")
    wait(lambda: blueness(browser, *places[0]) > inside + 30 and blueness(browser, *places[1]) < outside - 30)
    wait(lambda: "steps" in text(browser, "network-state"))
    for slider, setting in (
        *(("learning-rate", "learning_rate"), ("weight-decay", "weight_decay")),
        *(("batch-size", "batch_size"), ("dilation", "dilation")),
    ):
        before = getattr(trainer.settings, setting)
        browser.find_element("id", slider).send_keys("\ue014")  # right arrow
        wait(lambda before=before, setting=setting: getattr(trainer.settings, setting) > before)
    wait(lambda: "Receptive field: 43 " in text(browser, "field-state"))
    wait(lambda: is_confident(trainer.prediction("blob1.png")))  # again, because the dilation has changed
    before = strokes(browser)
    press(browser, "c")
    wait(lambda: strokes(browser) > before)
    assert {edit.by for edit in kept(served, "blob1.png").edits} == {"person", "network"}  # type: ignore[union-attr]
    press(browser, "z", ctrlKey=True)
    wait(lambda: strokes(browser) == before)
    press(browser, "t")
    wait(lambda: not trainer.settings.training)


def test_strokes_of_before_are_edited_and_the_rest_is_background(browser: Any, mouse: Mouse, served: Served) -> None:
    open_image(browser, served, "blob3.png")
    browser.find_element("id", "clear").click()
    wait(lambda: strokes(browser) == 0)
    draw(browser, mouse, "left", (28, 32), (38, 32))
    press(browser, "a")
    wait(lambda: strokes(browser) == 2)
    press(browser, "v")
    assert browser.find_element("id", "edit").is_displayed()
    press(browser, ",")
    wait(lambda: text(browser, "selected") == "2 of 2: all background")
    press(browser, ",")
    wait(lambda: text(browser, "selected") == "1 of 2: inside, by person")
    press(browser, "x")
    wait(lambda: text(browser, "selected") == "1 of 2: outside, by person")
    press(browser, "Delete")
    wait(lambda: strokes(browser) == 1)
    press(browser, "z", ctrlKey=True)
    press(browser, "z", ctrlKey=True)
    wait(lambda: strokes(browser) == 2)
    wait(lambda: [getattr(edit, "pen", "rest") for edit in kept(served, "blob3.png").edits] == ["inside", "rest"])


def test_camera_adds_an_image(browser: Any, served: Served) -> None:
    open_image(browser, served, "blob2.png")
    browser.find_element("id", "camera-open").click()
    wait(lambda: browser.find_element("id", "camera-take").is_enabled())
    browser.find_element("id", "camera-take").click()
    wait(lambda: browser.current_url.endswith("#camera.png"))
    assert min(served.app_state.images.load("camera.png").shape[:2]) > 100
    assert browser.find_element("id", "camera").get_attribute("open") is None


@pytest.mark.parametrize("smooth", [False, True])
def test_outline_encloses_the_mask_alone(browser: Any, served: Served, smooth: bool) -> None:
    rng = np.random.default_rng(0)
    browser.get(served.address)
    for height, width in ((1, 1), (1, 9), (9, 1), (30, 20)):
        mask = rng.random((height, width)) < 0.5
        enclosed = browser.execute_async_script(
            "const [width, height, mask, smooth, done] = arguments;"
            "import('/static/frame.js').then(({outlineOf}) => {"
            "  const path = outlineOf({facts: {width, height}, values: Uint8Array.from(mask)}, smooth);"
            "  const context = document.createElement('canvas').getContext('2d');"
            "  done(mask.map((_, i) => context.isPointInPath(path, i % width + 0.5, Math.floor(i / width) + 0.5)));"
            "})",
            *(width, height, mask.astype(int).ravel().tolist(), smooth),
        )
        assert np.array_equal(np.reshape(enclosed, mask.shape), mask)


def test_every_control_has_a_name(browser: Any, served: Served) -> None:
    open_image(browser, served, "blob0.png")
    nameless = browser.execute_script(
        "return [...document.querySelectorAll('button, input, select, video, [role=meter]')].filter((control) =>"
        " !(control.ariaLabel || control.textContent.trim() || control.labels?.length)).map(({id}) => id)"
    )
    assert nameless == []


def test_masks_follow_the_pen_and_nothing_is_complained_about(browser: Any, mouse: Mouse, served: Served) -> None:
    open_image(browser, served, "blob2.png")
    draw(browser, mouse, "left", (28, 32), (38, 32))
    draw(browser, mouse, "right", (3, 3), (60, 3))
    times = browser.execute_script(
        "return performance.getEntriesByName('stroke to mask').map((entry) => entry.duration)"
    )
    assert len(times) >= 4
    assert np.median(times) < 1000  # only a fault takes so long, even on a busy machine
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


@pytest.mark.skipif(AXE is None, reason="CUTOUT_RL_AXE names no axe.min.js (npm pack axe-core)")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1000])
@pytest.mark.parametrize("shown", ["mode-draw", "mode-game", "help-open", "classes-open", "learning"])
def test_axe_finds_no_issue(browser: Any, served: Served, shown: str, width: int, scheme: str) -> None:
    screen = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    try:
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        feature = {"name": "prefers-color-scheme", "value": scheme}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
        open_image(browser, served, "blob1.png")
        browser.find_element("id", shown).click()
        browser.execute_cdp_cmd("Runtime.evaluate", {"expression": Path(str(AXE)).read_text()})
        found = browser.execute_async_script("axe.run().then((result) => arguments[0](result))")
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert len(found["passes"]) > 10
    assert found["violations"] == [], json.dumps(found["violations"])[:2000]
