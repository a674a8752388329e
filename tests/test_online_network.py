"""The network of the page: its receptive field, its loss, and its saved state."""

from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from scenes import blob_sample

from cutout_rl.utils.errors import CutOutError
from cutout_rl.web.online.config import LearningSettings, receptive_field
from cutout_rl.web.online.net import PixelNet, annotated_loss
from cutout_rl.web.online.sample import TrainingSample, shrink
from cutout_rl.web.online.trainer import Trainer

SIZE = 32


def scribbled(seed: int) -> TrainingSample:
    """Annotate a blob and its ground along two lines, 6 % of the pixels, that cross in its middle."""
    sample = blob_sample(SIZE, seed)
    row, column = np.argwhere(sample.mask).mean(axis=0).round().astype(int)
    labels = np.zeros(sample.mask.shape, np.uint8)
    for line in (np.s_[row], np.s_[:, column]):
        labels[line] = np.where(sample.mask[line], 1, 2)
    return TrainingSample(sample.image, labels)


def trained(steps: int, settings: LearningSettings | None = None) -> Trainer:
    trainer = Trainer(settings or LearningSettings(training=True), seed=3)
    trainer.samples = {str(seed): scribbled(seed) for seed in range(3)}
    for _ in range(steps):
        trainer.step()
    return trainer


@pytest.mark.parametrize("dilation", [1, 2, 3])
def test_receptive_field_is_what_the_gradient_reaches(dilation: int) -> None:
    net = PixelNet(dilation)
    with torch.no_grad():  # so that no path is closed by chance
        for weights in net.parameters():
            weights.copy_(weights.abs() + 0.01)
    side = receptive_field(dilation) + 6
    images = torch.full((1, 3, side, side), 0.4, requires_grad=True)
    torch.autograd.backward(net(images)[0, side // 2, side // 2])
    assert images.grad is not None
    rows, columns = np.nonzero(images.grad[0].abs().sum(dim=0).numpy())
    for places in (rows, columns):
        assert places.max() - places.min() + 1 == receptive_field(dilation)
        assert places.max() + places.min() == 2 * (side // 2)


def test_seven_layers_two_apart_see_29_pixels_by_default() -> None:
    assert receptive_field(LearningSettings().dilation) == 29
    assert sum(weights.dim() == 4 for weights in PixelNet(2).parameters()) == 7
    assert sum(weights.numel() for weights in PixelNet(2).parameters()) == 12_193


def test_loss_is_taken_at_annotated_pixels_alone() -> None:
    generator = torch.Generator().manual_seed(0)
    odds = torch.randn((6, 7), generator=generator, requires_grad=True)
    labels = torch.zeros((6, 7), dtype=torch.uint8)
    labels[1, 2:5], labels[4, 0] = 1, 2
    torch.autograd.backward(annotated_loss(odds, labels))
    assert odds.grad is not None
    wanted = torch.where(labels > 0, odds.detach().sigmoid() - (labels == 1).float(), 0.0) / 4
    assert torch.allclose(odds.grad, wanted, atol=1e-7)
    assert torch.equal(odds.grad == 0, labels == 0)


def test_what_is_not_annotated_is_not_learnt_from() -> None:
    predictions = []
    for hidden in (0, 255):
        sample = TrainingSample(blob_sample(SIZE, 0).image, np.zeros((SIZE, SIZE), np.uint8))
        sample.labels[4, 4:9], sample.labels[9, 8:] = 1, 2
        sample.image[9 + 7 + 1 :] = hidden  # beyond the reach of every annotated pixel, 7 px at a dilation of 1
        trainer = Trainer(LearningSettings(dilation=1), seed=0)
        trainer.samples["a"] = sample
        for _ in range(3):
            trainer.step()
        predictions.append(trainer.predict(blob_sample(SIZE, 5).image))
    assert np.array_equal(*predictions)


def test_strokes_on_three_images_teach_others() -> None:
    def error(trainer: Trainer) -> float:
        samples = [blob_sample(SIZE, seed) for seed in range(10, 15)]
        return float(np.mean([(trainer.predict(sample.image) > 127) != sample.mask for sample in samples]))

    before, after = error(trained(0)), error(trained(60))
    assert after < 0.05 < before


def test_saved_network_resumes_exactly(tmp_path: Path) -> None:
    sample = scribbled(0)
    image, labels = (np.concatenate([half, half[:, ::-1]], axis=1) for half in (sample.image, sample.labels))
    trainer, again = Trainer(LearningSettings(), seed=1), Trainer(LearningSettings(), seed=2)
    trainer.samples["a"] = again.samples["a"] = TrainingSample(image, labels)  # the same when it is mirrored
    for _ in range(4):
        trainer.step()
    trainer.save(tmp_path / "weights.safetensors")
    again.load(tmp_path / "weights.safetensors")
    assert again.steps == 4
    assert np.array_equal(again.predict(image), trainer.predict(image))
    assert again.step() == pytest.approx(trainer.step(), abs=1e-6)
    assert np.abs(again.predict(image).astype(int) - trainer.predict(image)).max() <= 1  # as is the optimizer's state
    assert [path.name for path in tmp_path.iterdir()] == ["weights.safetensors"]


def test_damaged_networks_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "weights.safetensors"
    trained(1).save(file)
    whole = file.read_bytes()
    tensors = safetensors.torch.load(whole)
    other = {name: tensor[..., :1].contiguous() if tensor.dim() else tensor for name, tensor in tensors.items()}
    note = {"pixel_net": '{"steps": 1}'}
    for content in (
        *(b"", b"{}", whole[:200], whole[:-1], safetensors.torch.save(tensors), safetensors.torch.save(other, note)),
        safetensors.torch.save(tensors, {"pixel_net": "[]"}),
    ):
        file.write_bytes(content)
        with pytest.raises(CutOutError, match="move the file away"):
            Trainer(LearningSettings()).load(file)


def test_step_that_would_end_in_no_numbers_is_not_taken(tmp_path: Path) -> None:
    file = tmp_path / "weights.safetensors"
    trained(1).save(file)
    tensors = safetensors.torch.load(file.read_bytes())
    tensors["net._layers.6.bias"][:] = float("inf")
    file.write_bytes(safetensors.torch.save(tensors, {"pixel_net": '{"steps": 1}'}))
    trainer = trained(0)
    trainer.load(file)
    with pytest.raises(CutOutError, match="lower the learning rate"):
        trainer.step()
    assert trainer.steps == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"learning_rate": 0}, "from 1e-05 to 0.1"),
        ({"learning_rate": float("nan")}, "must be a number"),
        ({"learning_rate": "1"}, "must be a number"),
        ({"weight_decay": -1}, "from 0 to 1"),
        ({"batch_size": 1.5}, "whole number from 1 to 32"),
        ({"batch_size": True}, "must be a number"),
        ({"dilation": 9}, "whole number from 1 to 8"),
        ({"training": 1}, "true or false"),
        ({"layers": 3}, "no setting 'layers'"),
    ],
)
def test_settings_have_bounds(changes: dict[str, object], said: str) -> None:
    with pytest.raises(CutOutError, match=said):
        LearningSettings().changed(changes)


@pytest.mark.parametrize(("height", "width", "small"), [(128, 256, (32, 64)), (3000, 30, (64, 1)), (20, 10, (64, 32))])
def test_images_of_any_shape_are_made_small(height: int, width: int, small: tuple[int, int]) -> None:
    image = shrink(np.zeros((height, width, 3), np.uint8))
    assert image.shape == (*small, 3)
    assert Trainer(LearningSettings()).predict(image).shape == small
