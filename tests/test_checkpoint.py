"""Checkpoints: what is restored, what is rejected, and that an interruption loses nothing."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import save_file
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.sb2_compat.rmsprop_tf_like import RMSpropTFLike

from cutout_rl.agents.algorithms import policy_factory
from cutout_rl.agents.algorithms.a2c import A2CConfig
from cutout_rl.agents.algorithms.policy_config import Network
from cutout_rl.agents.algorithms.ppo import PPOConfig
from cutout_rl.agents.networks.egocentric_crops import crop_space
from cutout_rl.agents.training.checkpoint import copy_tensors, load_checkpoint, read_checkpoint, write_checkpoint
from cutout_rl.utils.atomic_write import PARTIAL, clear_partial, replacing, write_json, write_text
from cutout_rl.utils.errors import CutOutError

RECORD = {"timesteps": 12_345, "seconds": 0.1 + 0.2, "names": ["a", "é"], "generator": {"state": 2**127 + 1}}
Optimizer = torch.optim.Optimizer
OPTIMIZERS: dict[str, Callable[[ActorCriticPolicy], Optimizer]] = {
    "Adam": lambda policy: torch.optim.Adam(policy.parameters(), lr=1e-2, eps=1e-5),
    "RMSpropTFLike": lambda policy: RMSpropTFLike(policy.parameters(), lr=1e-2, alpha=0.99, eps=1e-5),
    "RMSprop": lambda policy: torch.optim.RMSprop(policy.parameters(), lr=1e-2, momentum=0.5),
}


def make_policy(seed: int, stop_action: bool = False) -> ActorCriticPolicy:
    torch.manual_seed(seed)
    config = PPOConfig(image_size=32, observation_size=32, stop_action=stop_action)
    return policy_factory.make_policy(config)


def update(policy: ActorCriticPolicy, optimizer: Optimizer, seed: int) -> None:
    """Make one gradient step on random observations and moves."""
    rng = torch.Generator().manual_seed(seed)
    crops = torch.randint(0, 256, (4, *crop_space(2).shape), dtype=torch.uint8, generator=rng)
    observations = {"actor": crops, "progress": torch.rand((4, 2), generator=rng)}
    values, log_probabilities, _ = policy.evaluate_actions(observations, torch.tensor([0, 5, 9, 15]))
    optimizer.zero_grad()
    (values.square().mean() - log_probabilities.mean()).backward()
    optimizer.step()


def weights(policy: ActorCriticPolicy) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in policy.state_dict().items()}


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())
def test_next_update_after_loading_is_the_one_that_would_have_come(
    tmp_path: Path, make: Callable[[ActorCriticPolicy], Optimizer]
) -> None:
    policy, loaded = make_policy(1), make_policy(2)
    optimizer, loaded_optimizer = make(policy), make(loaded)
    for seed in range(3):
        update(policy, optimizer, seed)
    assert not same(weights(policy), weights(loaded))
    write_checkpoint(tmp_path / "a.safetensors", copy_tensors(policy, optimizer), RECORD)
    assert load_checkpoint(tmp_path / "a.safetensors", loaded, loaded_optimizer) == RECORD
    assert same(weights(policy), weights(loaded))
    update(policy, optimizer, 3)
    # Without the optimizer's state the step differs, so that the check below is meaningful.
    bare = make_policy(3)
    load_checkpoint(tmp_path / "a.safetensors", bare)
    update(bare, make(bare), 3)
    assert not same(weights(policy), weights(bare))
    update(loaded, loaded_optimizer, 3)
    assert same(weights(policy), weights(loaded))


@pytest.mark.parametrize("config", [PPOConfig, A2CConfig], ids=["ppo", "a2c"])
@pytest.mark.parametrize("network", get_args(Network))
def test_every_network_comes_back(tmp_path: Path, config: type[PPOConfig] | type[A2CConfig], network: Network) -> None:
    run_config = config(image_size=40, observation_size=40, network=network)
    torch.manual_seed(1)
    policy, loaded = policy_factory.make_policy(run_config), policy_factory.make_policy(run_config)
    assert not same(weights(policy), weights(loaded))
    write_checkpoint(tmp_path / "a.safetensors", copy_tensors(policy), {})
    assert load_checkpoint(tmp_path / "a.safetensors", loaded) == {}
    assert same(weights(policy), weights(loaded))


def test_file_holds_tensors_and_json_only(tmp_path: Path) -> None:
    policy = make_policy(1)
    optimizer = torch.optim.Adam(policy.parameters())
    update(policy, optimizer, 0)
    path = tmp_path / "a.safetensors"
    write_checkpoint(path, copy_tensors(policy, optimizer), RECORD)
    with safe_open(path, framework="pt") as file:
        names = set(file.keys())
        header = file.metadata()
        tensors = [file.get_tensor(name) for name in names]
    assert all(isinstance(tensor, torch.Tensor) for tensor in tensors)
    assert {name.split(".")[0] for name in names} == {"policy", "optimizer"}
    assert json.loads(header["checkpoint"])["record"] == RECORD
    # The format: eight bytes of length, a JSON header, and the numbers. A pickle begins differently.
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    assert content[8:9] == b"{"
    assert len(content) == 8 + length + sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def damage_nothing(path: Path) -> None:
    path.unlink()


def damage_begin(path: Path) -> None:
    path.write_bytes(b"not a checkpoint" + path.read_bytes())


def damage_end(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def damage_all(path: Path) -> None:
    path.write_bytes(b"")


def damage_header(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"12345", b"12346", 1))


def pickle_instead(path: Path) -> None:
    torch.save({"policy": torch.zeros(3)}, path)


def foreign_weights(path: Path) -> None:
    save_file({"policy.value_net.weight": torch.zeros(3)}, path, {"format": "pt"})


def foreign_header(path: Path) -> None:
    save_file({"policy.value_net.weight": torch.zeros(3)}, path, {"checkpoint": '["another", "program"]'})


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (damage_nothing, "There is no checkpoint"),
        (damage_begin, "damaged"),
        (damage_end, "damaged"),
        (damage_all, "damaged"),
        (damage_header, "damaged"),
        (pickle_instead, "not written by this version"),
        (foreign_weights, "not written by this version"),
        (foreign_header, "not written by this version"),
    ],
    ids=["missing", "corrupt", "truncated", "empty", "record", "pickle", "weights", "header"],
)
def test_file_that_cannot_be_read_is_refused_in_a_sentence(
    tmp_path: Path, damage: Callable[[Path], None], said: str
) -> None:
    path = tmp_path / "a.safetensors"
    policy = make_policy(1)
    write_checkpoint(path, copy_tensors(policy), RECORD)
    damage(path)
    before = weights(policy)
    assert_refused(path, policy, said)
    assert same(weights(policy), before)


@given(data=st.data())
def test_every_bit_counts(whole: bytes, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = tmp_path_factory.mktemp("flipped") / "a.safetensors"
    header = 8 + int.from_bytes(whole[:8], "little")
    # As often in the short header as in the numbers.
    byte = data.draw(st.integers(0, header - 1) | st.integers(header, len(whole) - 1))
    flipped = bytearray(whole)
    flipped[byte] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(flipped)
    with pytest.raises(CutOutError, match="is damaged"):
        read_checkpoint(path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the bytes of a checkpoint."""
    path = tmp_path_factory.mktemp("whole") / "a.safetensors"
    write_checkpoint(path, {"policy.weight": torch.arange(12.0).reshape(3, 4)}, RECORD)
    tensors, record = read_checkpoint(path)
    assert tensors["policy.weight"].tolist() == torch.arange(12.0).reshape(3, 4).tolist()
    assert record == RECORD
    return path.read_bytes()


def test_another_network_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    write_checkpoint(path, copy_tensors(make_policy(1)), RECORD)
    assert_refused(path, make_policy(1, stop_action=True), "another network")
    other = policy_factory.make_policy(A2CConfig(image_size=40, observation_size=40, network="nature"))
    before = weights(other)
    assert_refused(path, other, "another network")
    assert same(weights(other), before)


def assert_refused(path: Path, policy: ActorCriticPolicy, said: str) -> None:
    with pytest.raises(CutOutError) as caught:
        load_checkpoint(path, policy)
    sentence = str(caught.value)
    assert said in sentence
    assert str(path) in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


class Interrupted(Exception):
    """Represents any interruption."""


def write_half(path: Path) -> None:
    with replacing(path) as temporary:
        temporary.write_bytes(b"half")
        raise Interrupted


def test_interrupted_write_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    write_checkpoint(path, copy_tensors(make_policy(1)), RECORD)
    before = path.read_bytes()
    with pytest.raises(Interrupted):
        write_half(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
    write_checkpoint(path, copy_tensors(make_policy(2)), RECORD)
    assert path.read_bytes() != before
    assert list(tmp_path.iterdir()) == [path]


def test_file_is_synced_when_it_is_whole_and_before_it_gets_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, synced = tmp_path / "a.txt", []
    fsync = os.fsync

    def record(descriptor: int) -> None:
        state = os.fstat(descriptor)
        synced.append((state.st_ino, state.st_size, path.exists()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", record)
    write_text(path, "0123456789")
    # After a power failure, a file that was renamed but not synced may be empty.
    assert synced == [(path.stat().st_ino, 10, False)]


def test_checkpoint_on_a_full_disk_names_the_file_and_leaves_the_old_one(tmp_path: Path) -> None:
    # A limit on the file size replaces the full disk; both fail in the middle of writing.
    resource = pytest.importorskip("resource")
    path = tmp_path / "a.safetensors"
    write_checkpoint(path, copy_tensors(make_policy(1)), RECORD)
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(OSError, match="File too large") as caught:
            write_checkpoint(path, copy_tensors(make_policy(2)), RECORD)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.filename == str(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_text_and_json_make_their_folder(tmp_path: Path) -> None:
    write_text(tmp_path / "new" / "a.txt", "é\n")
    write_json(tmp_path / "new" / "a.json", {"b": [1, 2.5]})
    assert (tmp_path / "new" / "a.txt").read_bytes() == b"\xc3\xa9\n"
    assert (tmp_path / "new" / "a.json").read_text() == '{\n  "b": [\n    1,\n    2.5\n  ]\n}\n'


def test_only_the_partial_files_of_killed_processes_are_removed(tmp_path: Path) -> None:
    old = tmp_path / "sub" / f"{PARTIAL}1-old.txt"
    write_text(old, "")
    os.utime(old, (0, 0))
    with replacing(tmp_path / "sub" / "new.txt") as temporary:
        temporary.write_text("whole")
        clear_partial(tmp_path)
    assert [file.name for file in (tmp_path / "sub").iterdir()] == ["new.txt"]
