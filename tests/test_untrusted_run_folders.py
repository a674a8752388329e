"""An agent's folder is what people download from each other: whatever it contains is read, or refused in a sentence."""

import json
import math
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from command_line import Run, assert_one_sentence, refusal_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from untrusted import DEEP, Change, change, make_pipe, make_sparse

from cutout_rl.agents.algorithms.policy_factory import make_policy
from cutout_rl.agents.algorithms.ppo import PPOConfig
from cutout_rl.agents.training.checkpoint import copy_tensors, load_checkpoint, read_checkpoint
from cutout_rl.agents.training.checkpoint_file import NO_DIGEST, sha256
from cutout_rl.runs.algorithms import load_config
from cutout_rl.runs.pretrained import list_pretrained
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.utils.errors import CutOutError

CONFIG = PPOConfig(image_size=32, observation_size=32, step_len=6, step_count=5, network="crops")


def signed(header: dict[str, Any], numbers: bytes, checkpoint: dict[str, Any] | str | None = None) -> bytes:
    """Return a checkpoint file whose checksum is right, whatever it contains."""
    entry = {"sha256": NO_DIGEST, "record": {}} if checkpoint is None else checkpoint
    text = entry if isinstance(entry, str) else json.dumps(entry)
    head = json.dumps({"__metadata__": {"checkpoint": text}, **header}).encode()
    content = len(head).to_bytes(8, "little") + head + numbers
    return content.replace(NO_DIGEST.encode(), sha256(content).encode(), 1)


def tensor(shape: Any = (2,), offsets: Any = (0, 8), dtype: Any = "F32") -> dict[str, Any]:
    return {"policy.a": {"dtype": dtype, "shape": shape, "data_offsets": offsets}}


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an untrained agent; tests copy it before changing it."""
    folder = tmp_path_factory.mktemp("agents") / "agent"
    RunFolder(folder).create(CONFIG.as_json())
    write_signed(folder / "best.safetensors", copy_tensors(make_policy(CONFIG)))
    load(folder)
    return folder


@pytest.fixture
def own(agent: Path, tmp_path: Path) -> Path:
    """Copy the agent, for modification."""
    return Path(shutil.copytree(agent, tmp_path / "agent"))


def write_signed(path: Path, tensors: dict[str, torch.Tensor]) -> None:
    """Write tensors of any dtype, correctly signed."""
    import safetensors.torch

    header = {"checkpoint": json.dumps({"sha256": NO_DIGEST, "record": {"timesteps": 1}})}
    content = safetensors.torch.save(tensors, header)
    path.write_bytes(content.replace(NO_DIGEST.encode(), sha256(content).encode(), 1))


def load(folder: Path) -> None:
    """Load an agent as the commands do."""
    run = RunFolder(folder)
    algorithm, config = load_config(run, "cpu")
    algorithm.load_player(config, run, True, "cpu")


def sets(name: str, value: Any) -> Change:
    return lambda record: record["config"].update({name: value})


CONFIGS: dict[str, tuple[Change, str]] = {
    "step_count 1e12": (sets("step_count", 1e12), "step_count is 1000000000000.0, but must be a whole number"),
    "step_count 10**12": (sets("step_count", 10**12), "at most 100,000 steps"),
    "step_count 10**4000": (sets("step_count", 10**4000), "step_count"),
    "step_count true": (sets("step_count", True), "step_count is True, but must be a whole number"),
    "step_count null": (sets("step_count", None), "step_count is None"),
    "step_count list": (sets("step_count", [1] * 10_000), "step_count is [1, 1"),
    "step_count 0": (sets("step_count", 0), "step_count is 0"),
    "image_size 128.5": (sets("image_size", 128.5), "image_size is 128.5, but must be a whole number"),
    "image_size 10**6": (sets("image_size", 10**6), "at most 4096 pixels"),
    "image_size -1": (sets("image_size", -1), "image_size is -1"),
    "observation_size": (sets("observation_size", 10**9), "observation_size"),
    "stop_action": (sets("stop_action", "yes"), "stop_action is 'yes', but must be True or False"),
    "network": (sets("network", "evil"), "There is no network 'evil'"),
    "network 1": (sets("network", 1), "network is 1, but must be a string"),
    "reward": (sets("reward", "evil"), "There is no reward 'evil'"),
    "segmenter": (sets("segmenter", "os.system"), "There is no segmenter"),
    "data 7": (sets("data", 7), "data is 7, but must be a string"),
    "data null byte": (sets("data", "a\0b"), "data is"),
    "data surrogate": (sets("data", "\ud800"), "data is"),
    "data long": (sets("data", "a" * 10**6), "at most 1000 characters"),
    "seed": (sets("seed", -1), "seed is -1"),
    "gamma": (sets("gamma", 2), "gamma is 2, but must be between 0 and 1"),
    "gamma string": (sets("gamma", "0.5"), "gamma is '0.5', but must be a number"),
    "max_grad_norm": (sets("max_grad_norm", 10**400), "max_grad_norm"),
    "n_envs": (sets("n_envs", 2.0), "n_envs"),
    "unknown": (sets("no_such_setting", 1), "written by another version"),
    "unknown long": (sets("x" * 10**6, 1), "written by another version"),
    "resume": (sets("resume", "/etc"), "unknown setting 'resume'"),
    "out": (sets("out", None), "unknown setting 'out'"),
    "algo": (sets("algo", "evil"), "There is no algorithm 'evil'"),
    "algo 1": (sets("algo", 1), "names no algorithm"),
    "no algo": (lambda record: record["config"].pop("algo"), "names no algorithm"),
    "no config": (lambda record: record.pop("config"), "is damaged"),
    "config is a list": (lambda record: record.update(config=[]), "is damaged"),
    "resumptions": (lambda record: record.update(resumptions=5), "is damaged"),
}


@pytest.mark.parametrize(("how", "said"), CONFIGS.values(), ids=CONFIGS.keys())
def test_configuration_that_does_not_fit_is_refused_in_a_sentence(own: Path, how: Change, said: str) -> None:
    change(own / "run.json", how)
    refused(own, own / "run.json", said)


RECORDS: dict[str, bytes] = {
    "deep": DEEP.encode(),
    "deep inside": f'{{"config": {{"algo": {DEEP}}}}}'.encode(),
    "deep objects": b'{"a":' * 100_000,
    "hundred deep": b'{"config": {"algo": ' + b"[" * 100 + b"]" * 100 + b"}}",
    "not UTF-8": b'{"config": "\xff"}',
    "NaN": b'{"config": {"algo": "ppo", "gamma": NaN}}',
    "many digits": b'{"config": {"seed": ' + b"1" * 10_000 + b"}}",
    "empty": b"",
    "null": b"null",
    "number": b"1",
}


@pytest.mark.parametrize("content", RECORDS.values(), ids=RECORDS.keys())
def test_run_json_that_is_none_is_refused_in_a_sentence(own: Path, content: bytes) -> None:
    (own / "run.json").write_bytes(content)
    refused(own, own / "run.json", "damaged")


HEADERS: dict[str, bytes] = {
    "deep header": signed({"a": json.loads("[" * 500 + "]" * 500)}, b""),
    "deeper header": (200_008).to_bytes(8, "little") + DEEP.encode() + b"12345678",
    "deep metadata": signed({}, b"", DEEP),
    "deep record": signed({}, b"", f'{{"sha256": "{NO_DIGEST}", "record": {DEEP}}}'),
    "no record": signed(tensor(), bytes(8), {"sha256": NO_DIGEST}),
    "record is a list": signed(tensor(), bytes(8), {"sha256": NO_DIGEST, "record": []}),
    "no checksum": signed(tensor(), bytes(8), {"record": {}}),
    "empty checksum": signed(tensor(), bytes(8), {"sha256": "", "record": {}}),
    "checksum is a list": signed(tensor(), bytes(8), {"sha256": [1], "record": {}}),
    "offsets beyond the end": signed(tensor(offsets=(0, 10**12)), bytes(8)),
    "offsets of 2**63": signed(tensor(offsets=(0, 2**63)), bytes(8)),
    "offsets reversed": signed(tensor(offsets=(8, 0)), bytes(0)),
    "offsets below 0": signed(tensor(offsets=(-8, 8)), bytes(8)),
    "offsets with a gap": signed(tensor(offsets=(4, 12)), bytes(12)),
    "offsets of text": signed(tensor(offsets="ab"), bytes(8)),
    "one offset": signed(tensor(offsets=(8,)), bytes(8)),
    "no offsets": signed({"policy.a": {}}, bytes(8)),
    "tensor is a number": signed({"policy.a": 1}, bytes(8)),
    "overlap": signed({**tensor(), "policy.b": tensor()["policy.a"]}, bytes(8)),
    "shape too large": signed(tensor(shape=(2**40, 2**40)), bytes(8)),
    "shape of another size": signed(tensor(shape=(3,)), bytes(8)),
    "shape below 0": signed(tensor(shape=(-2,)), bytes(8)),
    "shape of fractions": signed(tensor(shape=(2.0,)), bytes(8)),
    "unknown dtype": signed(tensor(dtype="EVIL"), bytes(8)),
    "dtype of another size": signed(tensor(dtype="I64"), bytes(8)),
    "packed dtype": signed(tensor(dtype="F4", shape=(16,)), bytes(8)),
    "bytes after the end": signed(tensor(), bytes(9)),
    "endless header": b"\xff" * 64,
    "empty": b"",
    "pickle": b"\x80\x04cos\nsystem\n",
}


@pytest.mark.parametrize("content", HEADERS.values(), ids=HEADERS.keys())
def test_checkpoint_that_is_none_is_refused_in_a_sentence(own: Path, content: bytes) -> None:
    file = own / "best.safetensors"
    file.write_bytes(content)
    refused(own, file, "damaged")
    assert "damaged" in refusal_of(lambda: read_checkpoint(file))


WEIGHTS: dict[str, tuple[Callable[[torch.Tensor], torch.Tensor], str]] = {
    **{
        str(value): (lambda weights, value=value: torch.full_like(weights, value), "not finite")
        for value in (math.nan, math.inf, -math.inf, 1e38, -1e38, 1e7)
    },
    "one NaN": (
        lambda weights: torch.where(torch.arange(weights.numel()).view(weights.shape) == 3, math.nan, weights),
        "fi",
    ),
    "int64": (lambda weights: weights.to(torch.int64), "another network"),
    "bool": (lambda weights: weights.to(torch.bool), "another network"),
    "float64": (lambda weights: weights.to(torch.float64), "another network"),
    "complex": (lambda weights: weights.to(torch.complex64), "another network"),
    "another shape": (lambda weights: weights.flatten(), "another network"),
}


@pytest.mark.parametrize(("how", "said"), WEIGHTS.values(), ids=WEIGHTS.keys())
def test_weights_that_no_training_makes_are_refused_in_a_sentence(
    own: Path, how: Callable[[torch.Tensor], torch.Tensor], said: str
) -> None:
    file = own / "best.safetensors"
    tensors, _ = read_checkpoint(file)
    name = next(name for name, weights in tensors.items() if weights.dim() > 1 and weights.dtype == torch.float32)
    write_signed(file, {**tensors, name: how(tensors[name]).contiguous()})
    refused(own, file, said)


@pytest.mark.parametrize("scale", [1e3, 9e5])
def test_outputs_that_overflow_are_refused_at_the_first_move(own: Path, run: Run, scale: float) -> None:
    """Weights below the limit may still overflow together; the game then ends in a sentence, or goes on."""
    file = own / "best.safetensors"
    tensors, _ = read_checkpoint(file)
    write_signed(
        file,
        {name: weights * scale if weights.dtype == torch.float32 else weights for name, weights in tensors.items()},
    )
    outcome = run("evaluate", own, "--images", 1)
    assert outcome.status == 0 or "not finite" in outcome.err
    assert "Traceback" not in outcome.err


OPTIMIZERS: dict[str, dict[str, torch.Tensor]] = {
    "unknown parameter": {"optimizer.99999.step": torch.zeros(())},
    "no number": {"optimizer.a.step": torch.zeros(())},
    "another shape": {"optimizer.0.exp_avg": torch.zeros(3, 5, 7)},
    "NaN": {"optimizer.0.step": torch.tensor(math.nan)},
    "a part": {"optimizer.0.step": torch.zeros(()), "optimizer.1.exp_avg": torch.zeros(())},
}


@pytest.mark.parametrize("state", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())
def test_state_of_another_optimizer_is_refused_in_a_sentence(own: Path, state: dict[str, torch.Tensor]) -> None:
    file = own / "last.safetensors"
    policy = make_policy(CONFIG)
    write_signed(file, copy_tensors(policy) | state)
    said = refusal_of(lambda: load_checkpoint(file, policy, torch.optim.Adam(policy.parameters())))
    assert str(file) in said
    assert "damaged" in said


def make_long(file: Path) -> None:
    """Lengthen a file to 3 GB, which is below the limit of checkpoints."""
    shutil.copy(file.with_name("kept"), file)
    with file.open("ab") as stream:
        stream.truncate(3 * 10**9)


FILES: dict[str, Callable[[Path], object]] = {
    "pipe": make_pipe,
    "device": lambda file: file.symlink_to("/dev/zero"),
    "folder": Path.mkdir,
    "sparse": make_sparse,
    "lengthened": make_long,
}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes and devices")
@pytest.mark.parametrize("make", FILES.values(), ids=FILES.keys())
@pytest.mark.parametrize("name", ["run.json", "best.safetensors"])
def test_no_pipe_device_or_huge_file_is_read(own: Path, name: str, make: Callable[[Path], object]) -> None:
    file = own / name
    file.rename(own / "kept")
    make(file)
    said = refused(own, file, "")
    assert "no regular file" in said or "larger than" in said or "length does not match" in said


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes and devices")
@pytest.mark.parametrize("make", [make_pipe, make_sparse], ids=["pipe", "sparse"])
def test_curves_are_read_or_refused(tmp_path: Path, make: Callable[[Path], object]) -> None:
    file = tmp_path / "validation.csv"
    make(file)
    assert str(file) in refusal_of(lambda: RunFolder(tmp_path).read("validation.csv"))


@pytest.mark.parametrize("content", [b"a,b\n1\n", b"a\nx\n", b"a\n\xff\n", b"a\n1,2\n", b'a\n"' + b"1" * 200_000])
def test_damaged_curves_are_refused_or_read(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "validation.csv"
    file.write_bytes(content)
    said = refusal_of(lambda: RunFolder(tmp_path).read("validation.csv"))
    assert f"{file} is damaged" in said


@pytest.mark.parametrize("how", [sets("step_count", 1e12), sets("no_such_setting", 1)])
@pytest.mark.parametrize("command", ["evaluate", "train"])
def test_commands_end_with_a_sentence(own: Path, run: Run, command: str, how: Change) -> None:
    change(own / "run.json", how)
    flags = ("--resume",) if command == "train" else ()
    assert_one_sentence(run(command, *flags, own), "run.json")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=5,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_run_json_is_read_or_refused_in_a_sentence(own: Path, data: st.DataObject) -> None:
    config = CONFIG.as_json()
    for name in data.draw(st.lists(st.sampled_from(sorted(config)), max_size=3)):
        config[name] = data.draw(JSON | st.sampled_from([10**9, -1, 0, 2**63, 1e308, "", "auto", "dict", "own"]))
    config |= data.draw(st.just({}) | st.dictionaries(st.text(max_size=9), JSON, max_size=1))
    (own / "run.json").write_text(json.dumps({"config": config}))
    try:
        load_config(RunFolder(own), "cpu")
    except CutOutError as error:
        said = str(error)
        assert "run.json" in said
        assert said.endswith(".")
        assert "\n" not in said
        assert len(said) < 1000


@pytest.mark.parametrize("name", sorted(list_pretrained()))
def test_shipped_agents_load(name: str) -> None:
    run = list_pretrained()[name]
    algorithm, config = load_config(run, "cpu")
    assert config.as_json() | run.config() == config.as_json()  # what the file lacks has its default
    algorithm.load_player(config, run, True, "cpu")


def refused(folder: Path, file: Path, said: str) -> str:
    sentence = refusal_of(lambda: load(folder))
    assert said in sentence
    assert str(file) in sentence
    assert len(sentence) < 1000
    return sentence
