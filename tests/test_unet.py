"""The U-Net: it learns from masks, resumes, and appears in tables and in the benchmark."""

import json
import shutil
import socket
import sys
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from command_line import Run, assert_one_sentence, make_folder, refusal_of, rows
from numpy.typing import NDArray
from scenes import blob_sample

from cutout_rl.agents.training.checkpoint import read_checkpoint, write_checkpoint
from cutout_rl.agents.unet.algorithm import UNet
from cutout_rl.agents.unet.data import Batch, TrainingBatches, class_balance, draw_labelled
from cutout_rl.agents.unet.network import UNetwork
from cutout_rl.agents.unet.predictor import UNetPredictor
from cutout_rl.agents.unet.training import learning_rate_factor
from cutout_rl.data import Sample
from cutout_rl.experiments.benchmark.agent_specs import play_trained, training_flags
from cutout_rl.experiments.benchmark.score_figures import draw_intervals, draw_learning_curves, draw_profiles
from cutout_rl.experiments.benchmark.score_tables import score_table
from cutout_rl.experiments.benchmark.summary import summarise
from cutout_rl.experiments.scores import scores_of
from cutout_rl.game.config import GameConfig
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.utils.errors import CutOutError

try:
    import segmentation_models_pytorch
except ModuleNotFoundError:
    pytest.skip("segmentation-models-pytorch is not installed (the extra [unet])", allow_module_level=True)
except RuntimeError as error:
    pytest.skip(f"torchvision does not fit torch here: {error}", allow_module_level=True)

SIZE = 32
TINY: dict[str, Any] = {
    "encoder": "tu-mobilenetv3_small_050",  # half a million weights
    "decoder_channels": 64,
    "image_size": SIZE,
    "observation_size": SIZE,
    "augment": 3,
    "batch_size": 2,
    "eval_images": 2,
    "test_images": 2,
    "eval_every": 4,
    "checkpoint_every": 4,
    "total_timesteps": 12,
}
TINY_FLAGS = [part for name, value in TINY.items() for part in (f"--{name.replace('_', '-')}", str(value))]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_folder(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def trained(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """Train on two pairs; tests may read the run."""
    return train(folder, tmp_path_factory.mktemp("runs") / "unet")


def train(folder: Path, out: Path, **changed: Any) -> RunFolder:
    config = replace(UNet.config_type(data=str(folder), **TINY), **changed)
    run = RunFolder(out)
    if not out.exists():
        run.create(config.as_json())
    UNet().train(config, run)
    return run


def learnt(run: RunFolder) -> tuple[dict[str, bytes], list[dict[str, str]]]:
    """Return the newest weights and the curves, except for times."""
    tensors, _ = read_checkpoint(run.last_checkpoint)
    curves = [*rows(run.path / "metrics.csv"), *rows(run.path / "validation.csv")]
    timeless = [{key: row[key] for key in row if not key.startswith(("seconds", "steps_per"))} for row in curves]
    return {name: tensor.numpy().tobytes() for name, tensor in tensors.items()}, timeless


def test_it_is_trained_and_evaluated_by_the_commands(run: Run, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    outcome = run("train", "--algo", "unet", "--data", folder, *TINY_FLAGS, "--out", out)
    assert outcome.status == 0, outcome
    assert "2 of 2 images contain an object" in outcome.out
    assert {path.name for path in out.iterdir()} >= {
        "run.json",
        "balance.json",
        "metrics.csv",
        "validation.csv",
        "last.safetensors",
        "best.safetensors",
        "curves.png",
        "masks.png",
        "table.txt",
    }
    written = json.loads((out / "table.json").read_text())
    assert {row["player"]: "best_iou" in row for row in written}.items() >= {"unet": False, "still pens": True}.items()
    evaluated = run("evaluate", out, "--no-baselines", "--images", 2)
    (row,) = (line for line in evaluated.out.splitlines() if "unet " in line and "±" in line)
    label, iou, _, _ = row.split()  # a table of its own, without the columns of moves
    assert (label, iou) == ("unet", f"{written[0]['final_iou']:.3f}")


@pytest.mark.parametrize("module", ["visualize", "annotate"])
def test_what_needs_strokes_refuses_it(module: str, run: Run, trained: RunFolder, folder: Path) -> None:
    arguments = (trained.path,) if module == "visualize" else (folder, "--agent", trained.path)
    assert_one_sentence(run(module, *arguments), "predicts masks and draws no strokes", str(trained.path))


def test_a_stopped_run_resumes_as_if_it_had_not_been_interrupted(
    folder: Path, trained: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = TrainingBatches.batch

    def stopping(self: TrainingBatches, first: int, size: int) -> Batch:
        if first == 6:
            raise KeyboardInterrupt
        return whole(self, first, size)

    monkeypatch.setattr(TrainingBatches, "batch", stopping)
    with pytest.raises(KeyboardInterrupt):
        train(folder, tmp_path / "run")
    monkeypatch.undo()
    assert learnt(train(folder, tmp_path / "run")) == learnt(trained)


@pytest.mark.parametrize("newest", [None, 3, ["x"], [[1]]], ids=str)
def test_a_damaged_training_state_is_refused_in_a_sentence(
    folder: Path, trained: RunFolder, tmp_path: Path, newest: object
) -> None:
    run = RunFolder(Path(shutil.copytree(trained.path, tmp_path / "run")))
    tensors, record = read_checkpoint(run.last_checkpoint)
    write_checkpoint(run.last_checkpoint, tensors, {**record, "training": {"newest": newest}})
    said = refusal_of(lambda: train(folder, run.path))
    assert f"The training state in {run.last_checkpoint} is damaged" in said


def test_other_seeds_learn_otherwise(folder: Path, trained: RunFolder, tmp_path: Path) -> None:
    assert learnt(train(folder, tmp_path / "run", seed=1))[0] != learnt(trained)[0]


def test_it_learns_blobs(folder: Path, tmp_path: Path) -> None:
    once = dict.fromkeys(("total_timesteps", "eval_every", "checkpoint_every"), 400)
    train(folder, tmp_path / "run", augment=1, batch_size=4, learning_rate=3e-3, **once)
    iou = [float(row["iou"]) for row in rows(tmp_path / "run" / "metrics.csv")]
    assert iou[0] < 0.7
    assert iou[-1] > 0.9


def test_learning_rates_rise_and_fall() -> None:
    def shares(schedule: str) -> list[float]:
        config = UNet.config_type(schedule=schedule, batch_size=8)
        return [
            learning_rate_factor(config, *at) for at in ((0, 0.0), (192, 0.0), (5000, 0.5), (7000, 0.7), (9000, 0.9))
        ]

    assert shares("cosine") == pytest.approx([0.04, 1, 0.5, 0.206, 0.024], abs=1e-3)
    assert shares("step") == pytest.approx([0.04, 1, 1, 0.1, 0.01])


def test_its_benchmark_scores_are_final_ones_alone(trained: RunFolder, tmp_path: Path) -> None:
    ((play, evaluation),) = play_trained(trained.path, "test", range(2), Event())
    scores = scores_of(evaluation, "unet", "18x30", 0, play)
    assert [(score.play, score.measure, score.image) for score in scores] == [
        ("supervised", "final", name) for name in evaluation.names
    ]
    (summary,) = summarise(scores, ["18x30"])
    assert not summary.improvements
    (cells,) = zip(*(column.cells for column in score_table(summary, "test 0-1").columns), strict=True)
    assert cells[0] == "unet, supervised"
    assert cells[4:-2] == ("-",) * 5
    assert cells[-1] == ""
    draw_intervals([summary], tmp_path / "intervals.png")
    draw_profiles([summary], tmp_path / "profiles.png")
    draw_learning_curves({("unet", "18x30"): [trained.path]}, ["18x30"], tmp_path / "curves.png")


def test_the_benchmark_trains_it_in_any_setting() -> None:
    game = GameConfig(split="test", image_size=64, observation_size=64, step_len=8, step_count=60)
    flags = training_flags("unet --labelled-images 32 --turn", game, 3)
    assert flags[-5:] == ["--labelled-images", "32", "--turn", "--seed", "3"]


def test_batches_show_every_image_once_a_round_and_turn_the_truth_alike() -> None:
    blobs = [blob_sample(SIZE, seed) for seed in range(5)]
    marked = [
        replace(blob, image=np.repeat(blob.mask[..., None] * np.uint8(200) + np.uint8(seed), 3, axis=2))
        for seed, blob in enumerate(blobs)
    ]
    batches = TrainingBatches(marked, 1, True, 0)
    images, masks, known = batches.batch(0, 10)
    assert known.all()
    assert ((images[..., 0] >= 200) == masks).all()
    order = images.min(axis=(1, 2, 3)).tolist()
    assert sorted(order[:5]) == sorted(order[5:]) == list(range(5))
    again = [part[3:7] for part in (images, masks, known)]
    assert all(np.array_equal(*pair) for pair in zip(batches.batch(3, 4), again, strict=True))
    straight = TrainingBatches(marked, 1, False, 0).batch(0, 10)[0]
    assert not np.array_equal(straight, images)


def test_labelled_images_are_drawn_by_the_seed_and_counted() -> None:
    blobs = [blob_sample(SIZE, seed) for seed in range(6)]
    names = [[sample.name for sample in draw_labelled(blobs, 3, seed)] for seed in (0, 0, 1)]
    assert names[0] == names[1] != names[2]
    assert len(set(names[0])) == 3
    assert len(draw_labelled(blobs, 9, 0)) == 6
    half = np.zeros((4, 4), bool)
    half[:2] = True
    void = np.zeros((4, 4), bool)
    void[3] = True
    image = np.zeros((4, 4, 3), np.uint8)
    samples = [Sample(image, half, void, "half"), Sample(image, np.zeros_like(half), void, "none")]
    assert class_balance(samples) == {"images": 2, "with_object": 1, "object_share": 8 / 12}


@pytest.mark.parametrize(("shown", "size"), [(SIZE, 32), (64, 32), (50, 96), (40, 64)])
def test_any_size_is_answered_at_that_size(shown: int, size: int) -> None:
    network = UNetwork(TINY["encoder"], size, 16, presence=True).eval()
    images = np.random.default_rng(0).integers(0, 256, (2, shown, shown, 3), np.uint8)
    odds, presence = network(torch.as_tensor(images))
    assert odds.shape == (2, shown, shown)
    assert presence is not None
    assert presence.shape == (2,)
    assert UNetPredictor(network, "unet").predict(images).shape == (2, shown, shown)


def test_without_presence_the_mask_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    network = UNetwork(TINY["encoder"], SIZE, 16, presence=True)
    everywhere = torch.ones(3, SIZE, SIZE), torch.tensor([1.0, -1.0, 2.0])
    monkeypatch.setattr(network, "forward", lambda images: everywhere)
    masks: NDArray[np.bool_] = UNetPredictor(network, "unet").predict(np.zeros((3, SIZE, SIZE, 3), np.uint8))
    assert masks.all(axis=(1, 2)).tolist() == [True, False, True]
    assert not masks[1].any()


def test_nothing_is_downloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the network is asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for encoder in ("resnet18", TINY["encoder"]):
        UNetwork(encoder, SIZE, 16, presence=False)


@pytest.mark.parametrize("encoder", ["resnet18", "tu-mobilenetv3_small_050"])
def test_an_encoder_begins_with_weights_of_a_file(encoder: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    first, second = (UNetwork(encoder, SIZE, 16, presence=False) for _ in range(2))
    own = first.unet.encoder.state_dict()
    weights = {name.removeprefix("model."): tensor.contiguous() for name, tensor in own.items()}
    file = tmp_path / "weights.safetensors"
    safetensors.torch.save_file(weights | {"fc.bias": torch.zeros(1000)}, file)
    second.load_encoder(file)
    pairs = zip(first.unet.encoder.parameters(), second.unet.encoder.parameters(), strict=True)
    assert all(torch.equal(*pair) for pair in pairs)
    other = UNetwork("tu-mobilenetv3_small_075", SIZE, 16, presence=False)
    assert "fits the encoder" in refusal_of(lambda: other.load_encoder(file))
    (tmp_path / "broken.safetensors").write_bytes(b"no weights")
    assert "broken.safetensors" in refusal_of(lambda: second.load_encoder(tmp_path / "broken.safetensors"))
    assert "There is no file" in refusal_of(lambda: second.load_encoder(tmp_path / "missing.safetensors"))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"encoder": "resnet81"}, "resnet18"),
        ({"encoder": "tu-resnet81"}, "model of timm"),
        ({"batch_size": 1}, "batch_size is 1"),
        ({"labelled_images": 0}, "labelled_images is 0"),
        ({"learning_rate": 0.0}, "learning_rate is 0.0"),
        ({"minutes": 0.0}, "minutes is 0.0"),
    ],
)
def test_values_that_do_not_fit_are_refused(changed: dict[str, Any], said: str) -> None:
    assert said in refusal_of(lambda: UNet.config_type(**changed))


def test_missing_and_ill_fitting_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as missing:
        missing.setitem(sys.modules, segmentation_models_pytorch.__name__, None)
        with pytest.raises(CutOutError, match=r"pip install 'cutout-rl\[unet\]'"):
            UNet.config_type()

    def fail(name: str) -> None:
        raise RuntimeError("operator torchvision::nms does not exist")

    monkeypatch.setattr("cutout_rl.agents.unet.encoders.import_module", fail)
    assert "install torch and torchvision from one place" in refusal_of(UNet.config_type)
