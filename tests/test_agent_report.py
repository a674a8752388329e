"""The HTML report about an agent: one command draws it, for any player; it draws what was played."""

from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from command_line import Run, assert_one_sentence, refusal_of
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.projections.polar import PolarAxes
from PIL import Image
from scenes import blob_game

from cutout_rl.agents.baselines.scripted import RandomPens, StillPens
from cutout_rl.evaluation.demonstrations import record, save
from cutout_rl.evaluation.episode import Episode, play_from
from cutout_rl.experiments.page_latency.browser import missing, open_browser
from cutout_rl.game.config import GameConfig
from cutout_rl.game.observation import Observer
from cutout_rl.players.player import Player
from cutout_rl.utils.figure import DARK_PAPER, INK, PAPER, saved_figure
from cutout_rl.visualization import agent_report
from cutout_rl.visualization.alignment import GRID, REACH, align
from cutout_rl.visualization.compass import draw_compass
from cutout_rl.visualization.episode_sheet import draw_episode, moments_of
from cutout_rl.visualization.film import draw_frames, save_gif, save_webm
from cutout_rl.visualization.report_options import ReportOptions
from cutout_rl.visualization.stroke_statistics import draw_first_strokes, draw_heat_maps

OBSERVER = Observer("masked", 32, 32, 3)
ROOT = Path(__file__).parents[1]


class Links(HTMLParser):
    """A parser of what a page would load, of its tags, and of its ids."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: list[str] = []
        self.places: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.found += [value or "" for name, value in attrs if name in ("src", "href", "srcset")]
        self.places += [value or "" for name, value in attrs if name == "id"]


def test_one_command_draws_the_whole_report(run: Run, own_run: Path, tmp_path: Path) -> None:
    game_config = GameConfig(image_size=32, step_len=4, step_count=7, split="val")
    save(record(RandomPens(), game_config, 2), tmp_path / "recorded")
    outcome = run("visualize", own_run, "--episodes", 1, "--images", 3, "--demonstrations", tmp_path / "recorded")
    assert outcome.status == 0, outcome
    folder = own_run / "visualize"
    drawn = {"episodes", "episode-1", "pens", "first-strokes", "saliency", "field-of-view", "training"}
    drawn |= {"activations", "activations-prior", "beside", "beside-iou", "recorded", "recorded-iou"}
    files = {f"{name}.svg" for name in drawn} | {"episodes.gif", "episodes.webm", "index.html"}
    assert {path.name for path in folder.iterdir()} == files | {f"{name}.pdf" for name in drawn}
    for name in drawn:
        assert ElementTree.parse(folder / f"{name}.svg").getroot().tag.endswith("svg")
        assert (folder / f"{name}.pdf").read_bytes().startswith(b"%PDF")
    said = outcome.out.replace("\n", "")
    assert all(name in said for name in files - {"episodes.webm"})
    links = Links((folder / "index.html").read_text())
    embedded = [link for link in links.found if link.startswith("data:image/")]
    assert len(embedded) == len(drawn) + 1
    assert {link[1:] for link in links.found if link not in embedded} == set(links.places)
    assert not {"script", "link", "iframe"} & set(links.tags)


def test_the_agent_plays_the_faces_of_recorded_play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    game_config = GameConfig(image_size=32, step_len=4, step_count=2)
    recorded = record(RandomPens(), replace(game_config, bank=1), 3)
    compared: dict[str, Sequence[Episode]] = {}
    monkeypatch.setattr(agent_report, "_compare", lambda players, name, folder: compared.update(players) or [])
    options = ReportOptions(pretrained="bc-faces", images=3)
    agent_report._compare_recorded(options, StillPens(), game_config, recorded, tmp_path)
    own, theirs = compared.values()
    for episode, other in zip(own, theirs, strict=True):
        assert np.array_equal(episode.start.sample.image, other.start.sample.image)


def test_recorded_play_on_other_sizes_is_refused(run: Run, own_run: Path, tmp_path: Path) -> None:
    save(record(StillPens(), GameConfig(image_size=40), 1), tmp_path / "recorded")
    outcome = run("visualize", own_run, "--episodes", 1, "--images", 1, "--demonstrations", tmp_path / "recorded")
    assert_one_sentence(outcome, "40 px", "32 px")


@pytest.mark.parametrize("player", [RandomPens(), StillPens()], ids=["random", "still"])
def test_players_without_estimates_have_a_report_too(player: Player, tmp_path: Path) -> None:
    starts = [blob_game(seed=seed, stop_action=True) for seed in range(2)]
    episodes = play_from(player, starts, OBSERVER)
    assert [start.step_count for start in starts] == [0, 0]
    pictures = [
        draw_episode(episodes[0], player, OBSERVER, "delta", tmp_path / "episode.svg"),
        draw_heat_maps(episodes, tmp_path / "pens.svg"),
        draw_first_strokes(episodes, tmp_path / "first.svg"),
    ]
    for picture in pictures:
        ElementTree.parse(picture.path)


def test_moments_are_the_moves_before_which_they_are() -> None:
    (episode,) = play_from(RandomPens(), [blob_game(step_count=5)], OBSERVER)
    moments = moments_of(episode, OBSERVER)
    assert [moment.action for moment in moments] == list(episode.actions)
    game = episode.start.copy()
    for moment in moments:
        assert np.array_equal(moment.observation, OBSERVER.observe(game))
        assert np.array_equal(moment.game.labels, game.labels)
        game.step(moment.action)


def film() -> Sequence[Episode]:
    moves = ((2, 4, 12, 6, 10), (10, 12, 12))
    return [Episode(blob_game(), actions, np.zeros(len(actions) + 1)) for actions in moves]


def milliseconds(path: Path) -> int:
    with Image.open(path) as gif:
        return sum(_seek(gif, frame).info["duration"] for frame in range(getattr(gif, "n_frames", 1)))


def _seek(gif: Image.Image, frame: int) -> Image.Image:
    gif.seek(frame)
    return gif


def test_film_has_a_frame_for_the_start_and_one_for_every_move(tmp_path: Path) -> None:
    frames = draw_frames(film())
    assert [frame.shape for frame in frames] == [(192, 384, 3)] * 6
    save_gif(frames, tmp_path / "film.gif")
    # Equal frames are written as one that lasts longer.
    assert milliseconds(tmp_path / "film.gif") == 5 * 150 + 2000


def test_both_films_show_the_same(tmp_path: Path) -> None:
    moviepy = pytest.importorskip("moviepy")
    frames = draw_frames(film())
    save_webm(frames, tmp_path / "film.webm")
    with moviepy.VideoFileClip(str(tmp_path / "film.webm")) as clip:
        assert clip.size == [384, 192]
        for number, frame in enumerate(frames):
            difference = clip.get_frame((number + 0.5) * 0.15).astype(float) - frame
            assert np.abs(difference).mean() < 12


@pytest.mark.skipif(missing() is not None, reason=str(missing()))
def test_browser_plays_the_film_to_its_end(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    frames = draw_frames(film())
    save_webm(frames, tmp_path / "film.webm")
    assert capfd.readouterr() == ("", "")
    (tmp_path / "film.html").write_text('<body style="margin: 0"><video src="film.webm" muted></video>')
    with open_browser() as browser:
        browser.get((tmp_path / "film.html").as_uri())
        seen = browser.execute_async_script(
            "const video = document.querySelector('video'), seen = {times: []}, done = arguments[0];"
            "const end = (error) => done({...seen, error, width: video.videoWidth, height: video.videoHeight});"
            "video.addEventListener('timeupdate', () => seen.times.push(video.currentTime));"
            "video.addEventListener('ended', () => end(null));"
            "video.addEventListener('error', () => end(video.error.message));"
            "video.play().catch((error) => end(`${error}`));"
        )
        shown = np.asarray(Image.open(BytesIO(browser.find_element("tag name", "video").screenshot_as_png)))
    assert seen["error"] is None
    assert (seen["width"], seen["height"]) == (384, 192)
    assert len(set(seen["times"])) > 2
    assert seen["times"][-1] == pytest.approx((6 + 13) * 0.15, abs=0.15)
    assert np.abs(shown[..., :3].astype(float) - frames[-1]).mean() < 12


def test_film_that_opencv_cannot_write_is_refused(tmp_path: Path) -> None:
    said = refusal_of(lambda: save_webm(draw_frames(film()), tmp_path / "film.avi-of-nobody"))
    assert "opencv-python-headless" in said
    assert list(tmp_path.iterdir()) == []


@given(top=st.integers(0, 40), left=st.integers(0, 40), height=st.integers(4, 24), width=st.integers(4, 24))
def test_aligned_objects_fill_the_same_square(top: int, left: int, height: int, width: int) -> None:
    mask = np.zeros((64, 64), np.bool_)
    mask[top : top + height, left : left + width] = True
    alignment = align(mask)
    warped = alignment.warp(mask)
    place = -REACH + (np.arange(GRID) + 0.5) / GRID * (1 + 2 * REACH)
    # Half a pixel at the rim is interpolated.
    rows = [np.abs(place - 0.5) < 0.5 - 0.5 / side for side in (height, width)]
    beyond = [np.abs(place - 0.5) > 0.5 + 0.5 / side for side in (height, width)]
    assert (warped[np.ix_(*rows)] > 0.999).all()
    outside = beyond[0][:, None] | beyond[1][None, :]
    assert not np.nan_to_num(warped[outside]).any()
    row, column = place * height + top, place * width + left
    far = (row < 0) | (row > 64), (column < 0) | (column > 64)
    assert np.isnan(warped[far[0][:, None] | far[1][None, :]]).all()
    corners = alignment.place([(top, left), (top + height - 1, left + width - 1)])
    assert corners == pytest.approx(np.array([[0.5 / height, 0.5 / width], [1 - 0.5 / height, 1 - 0.5 / width]]))


def test_wedges_have_the_area_of_their_probability_and_the_direction_of_their_move() -> None:
    axes = Figure().add_subplot(projection="polar")
    assert isinstance(axes, PolarAxes)
    shares = np.array([0.0, 0.1, 0.4, 0.0, 0.0, 0.2, 0.0, 0.05])
    draw_compass(axes, 1, shares, chosen=2)
    heights = np.array([bar.get_height() for bar in axes.patches])
    assert heights**2 == pytest.approx(shares)
    # East is right of the middle on the page, as 0 degrees clockwise from north it would be above.
    bar = axes.patches[2]
    x, y = axes.transData.transform((bar.get_x() + bar.get_width() / 2, 0.5)) - axes.transData.transform((0, 0))
    assert x > 0
    assert y == pytest.approx(0, abs=1e-6)


def test_svg_figures_follow_the_page_and_png_figures_are_light(tmp_path: Path) -> None:
    for suffix in ("svg", "png"):
        with saved_figure(tmp_path / f"figure.{suffix}", 2, 1) as figure:
            figure.subplots().set_title("title")
    svg = (tmp_path / "figure.svg").read_text()
    assert svg.count(f"fill: {PAPER}") == 2  # the background, and the rule that makes it dark
    assert f'fill: {INK}" x=' in svg
    assert np.asarray(Image.open(tmp_path / "figure.png").convert("L"))[0, 0] > 250
    assert {path.suffix for path in tmp_path.iterdir()} == {".svg", ".pdf", ".png"}


@pytest.mark.skipif(missing() is not None, reason=str(missing()))
@pytest.mark.parametrize(("scheme", "paper"), [("light", PAPER), ("dark", DARK_PAPER)])
def test_browser_shows_figures_in_the_colours_of_the_page(scheme: str, paper: str, tmp_path: Path) -> None:
    with saved_figure(tmp_path / "figure.svg", 2, 1):
        pass
    page = f'<body style="margin: 0; color-scheme: {scheme}"><img src="figure.svg">'
    (tmp_path / "figure.html").write_text(page)
    with open_browser() as browser:
        browser.get((tmp_path / "figure.html").as_uri())
        shown = np.asarray(Image.open(BytesIO(browser.find_element("tag name", "img").screenshot_as_png)))
    assert tuple(shown[20, 20, :3]) == tuple(bytes.fromhex(paper[1:]))


def test_gallery_shows_pictures_that_are_there_and_small() -> None:
    text = (ROOT / "docs" / "gallery.md").read_text()
    links = [part.split(")")[0] for part in text.split("](")[1:]]
    pictures = [ROOT / "docs" / link for link in links if not link.endswith(".md")]
    assert pictures
    prior = ROOT / "docs" / "images" / "prior-learns.svg"  # of another command
    assert set(pictures) == {*(ROOT / "docs" / "images" / "gallery").iterdir(), prior}
    assert sum(path.stat().st_size for path in pictures) < 2_500_000
