"""The network on egocentric crops: its shapes, and what it must distinguish."""

import pytest
import torch

from cutout_rl.agents.networks.asymmetric_policy import asymmetric_space
from cutout_rl.agents.networks.crop_network import CropNetwork
from cutout_rl.agents.networks.egocentric_crops import crop_space

CROPS = crop_space(n_channels=4)


def random_crops(batch: int) -> torch.Tensor:
    return torch.randint(0, 256, (batch, *CROPS.shape), dtype=torch.uint8)


def features_of(network: CropNetwork, crops: torch.Tensor) -> torch.Tensor:
    features: torch.Tensor = network({"actor": crops, "progress": torch.full((len(crops), 2), 0.25)})
    return features


@pytest.fixture
def network() -> CropNetwork:
    torch.manual_seed(0)
    return CropNetwork(asymmetric_space(CROPS), 32)


@pytest.mark.parametrize("batch", [1, 3])
def test_features_have_their_shape(network: CropNetwork, batch: int) -> None:
    features = features_of(network, random_crops(batch))
    assert features.shape == (batch, 34)
    assert (features[:, 32:] == 0.25).all()
    assert torch.isfinite(features).all()


def test_features_of_a_game_do_not_depend_on_its_batch(network: CropNetwork) -> None:
    crops = random_crops(4)
    together, alone = features_of(network, crops), torch.cat([features_of(network, one[None]) for one in crops])
    assert torch.allclose(together, alone, atol=1e-5)
    assert not torch.allclose(together[0], together[1])


@pytest.mark.parametrize("channel", range(CROPS.shape[-1]))
@pytest.mark.parametrize("pen", [0, 1])
def test_every_channel_of_each_crop_counts(network: CropNetwork, pen: int, channel: int) -> None:
    before = random_crops(1)
    after = before.clone()
    after[0, pen, ..., channel] = 255 - after[0, pen, ..., channel]
    assert not torch.allclose(features_of(network, before), features_of(network, after), atol=1e-6)


def test_the_pens_are_not_interchangeable(network: CropNetwork) -> None:
    crops = random_crops(1)
    assert not torch.allclose(features_of(network, crops), features_of(network, crops.flip(1)), atol=1e-6)
