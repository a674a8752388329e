"""Every number that a training takes has a range, which the refusal of others names."""

import math
from collections.abc import Callable
from dataclasses import fields
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np
import pytest
from command_line import TINY_RUN, Run, assert_one_sentence, refusal_of

from cutout_rl.agents.algorithms.a2c import A2CConfig
from cutout_rl.agents.algorithms.bc_config import BCConfig
from cutout_rl.agents.algorithms.dagger import expert_labels
from cutout_rl.agents.algorithms.ppo import PPOConfig
from cutout_rl.agents.rllib.config import RLlibPPOConfig
from cutout_rl.agents.unet import config as unet
from cutout_rl.agents.unet.config import UNetConfig
from cutout_rl.game.config import GameConfig
from cutout_rl.runs.train_config import GameTrainConfig, TrainConfig
from cutout_rl.utils import memory
from cutout_rl.utils.ranges import Range, range_of

COMMANDS = entry_points(group="cutout_rl.commands")
CONFIGS: tuple[type[TrainConfig], ...] = (PPOConfig, A2CConfig, BCConfig, RLlibPPOConfig, UNetConfig, GameTrainConfig)
# The ranges of the game's lengths depend on each other (`cutout_rl.game.rules.Rules`): a value below, and one above.
GAME: dict[str, tuple[int, ...]] = {
    "image_size": (15,),
    "observation_size": (0, 129),
    "step_len": (0, 128),
    "step_count": (0,),
    "pen_width": (0, 33),
}


@pytest.fixture(autouse=True)
def encoders(monkeypatch: pytest.MonkeyPatch) -> None:
    """Configure the U-Net without its optional packages."""
    monkeypatch.setattr(unet, "require_encoder", lambda name: None)


def number_of(annotation: Any) -> type | None:
    """Return int or float if values of this type may be one, else None."""
    bare = get_args(annotation)[0] if hasattr(annotation, "__metadata__") else annotation
    kinds = set(get_args(bare)) if get_origin(bare) in (Union, UnionType) else {bare}
    kinds -= {NoneType}
    return next((kind for kind in (int, float) if kinds == {kind}), None)


def numbers(config: type[TrainConfig]) -> list[tuple[str, type, Range | None]]:
    hints = get_type_hints(config, include_extras=True)
    kinds = ((name, number_of(hints[name])) for name in (field.name for field in fields(config)))
    return [(name, kind, range_of(hints[name])) for name, kind in kinds if kind is not None]


def values_outside(kind: type, allowed: Range) -> list[float]:
    """Return the nearest numbers outside a range, and what is in no range."""
    if kind is int:
        outside: list[float] = [allowed.least - 1]
        return outside if allowed.most == math.inf else [*outside, allowed.most + 1]
    below = allowed.least if allowed.above else math.nextafter(allowed.least, -math.inf)
    return [below, math.nextafter(allowed.most, math.inf), math.nan, math.inf, -math.inf]


OUTSIDE = [
    pytest.param(config, name, value, str(allowed), id=f"{config.__name__}-{name}-{value}")
    for config in CONFIGS
    for name, kind, allowed in numbers(config)
    if allowed is not None
    for value in values_outside(kind, allowed)
]


@pytest.mark.parametrize(("config", "name", "value", "words"), OUTSIDE)
def test_number_just_outside_its_range_is_refused_in_a_sentence(
    config: Any, name: str, value: float, words: str
) -> None:
    assert refusal_of(lambda: config(**{name: value})) == f"{name} is {value}, but must be {words}."


@pytest.mark.parametrize("config", CONFIGS)
def test_every_number_has_a_range(config: type[TrainConfig]) -> None:
    lengths = {*GAME, *(field.name for field in fields(GameConfig))}
    assert {name for name, _, allowed in numbers(config) if allowed is None} <= lengths


@pytest.mark.parametrize("config", [config for config in CONFIGS if issubclass(config, GameConfig)])
@pytest.mark.parametrize(("name", "value"), [(name, value) for name in GAME for value in GAME[name]])
def test_length_that_does_not_fit_the_image_is_refused_in_a_sentence(config: Any, name: str, value: int) -> None:
    assert f"{name} is {value}" in refusal_of(lambda: config(**{name: value}))


@pytest.mark.parametrize("config", CONFIGS)
def test_the_bounds_themselves_are_allowed(config: Any) -> None:
    for name, _, allowed in numbers(config):
        if allowed is not None and name not in ("n_envs", "env_runners"):  # must fit each other
            bounds = [bound for bound in (allowed.least, allowed.most) if bound in allowed]
            assert all(getattr(config(**{name: bound}), name) == bound for bound in bounds)


@pytest.mark.parametrize("config", [PPOConfig, A2CConfig, RLlibPPOConfig])
def test_a_rollout_of_one_step_is_refused(config: Any) -> None:
    alone = {"env_runners": 1} if config is RLlibPPOConfig else {}
    said = refusal_of(lambda: config(n_envs=1, n_steps=1, **alone))
    assert said == f"n_envs times n_steps is 1, but {config.algo} needs at least 2 steps; raise either."
    assert config(n_envs=1, n_steps=2, **alone).n_steps == 2


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--algo", "a2c", "--n-envs", 1, "--n-steps", 1), ("n_envs times n_steps is 1",)),
        (("--seed", 4294967296), ("seed is 4294967296", "between 0 and 4,294,967,295")),
        (("--gamma", "nan"), ("gamma is nan", "between 0 and 1")),
        (("--learning-rate", "inf"), ("learning_rate is inf", "above 0 and at most 1")),
        (("--clip-range", -1), ("clip_range is -1.0", "above 0 and at most 1")),
        (("--max-grad-norm", 0), ("max_grad_norm is 0.0", "above 0")),
        (("--n-steps", 10**9), ("2 games x 1,000,000,000 steps", "GB of memory", "lower --n-envs or --n-steps")),
        (("--algo", "bc", "--replay", 10**9), ("replay buffer of 1,000,000,000 steps", "lower --replay")),
    ],
)
def test_command_names_the_flag_and_the_range(
    run: Run, tmp_path: Path, flags: tuple[object, ...], said: tuple[str, ...]
) -> None:
    tiny = TINY_RUN if "bc" not in flags else tuple(part for part in TINY_RUN if part not in ("--n-steps", "8"))
    outcome = run("train", *tiny, "--total-timesteps", 64, *flags, "--out", tmp_path / "run")
    assert_one_sentence(outcome, *said)


def test_memory_of_unknown_size_refuses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "needs 1 GB of memory, but this machine has" in refusal_of(
        lambda: with_memory(monkeypatch, 10**6, lambda: memory.require_memory("It", 10**6 + 1, "wait"))
    )
    with_memory(monkeypatch, None, lambda: memory.require_memory("It", 10**30, "wait"))


def with_memory(monkeypatch: pytest.MonkeyPatch, size: int | None, work: Any) -> None:
    monkeypatch.setattr(memory, "machine_memory", lambda: size)
    work()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("temperature", [5e-324, 1e-30, 1e-3, 1000.0])
def test_no_temperature_makes_targets_that_are_no_probabilities(temperature: float) -> None:
    values = np.array([[0, 3, 2, *[-1000] * 13]], np.float32)
    targets, _ = expert_labels(values, temperature, stop_action=False)
    assert targets.dtype == np.float32
    assert targets.sum() == pytest.approx(1)
    assert targets.argmax() == 1


class Parsed(Exception):
    """The flags of a command were about to be parsed."""


@pytest.mark.parametrize("module", sorted({entry.value for entry in COMMANDS} - {"cutout_rl.train"}))
def test_every_number_of_every_command_has_a_range(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds: list[Any] = []

    def parse(kind: type[object], **_: object) -> None:
        kinds.append(kind)
        raise Parsed

    monkeypatch.setattr("tyro.cli", parse)
    with pytest.raises(Parsed):
        main_of(module)()
    (kind,) = kinds
    hints = get_type_hints(kind, include_extras=True)
    named = {field.name: hints[field.name] for field in fields(kind) if field.name not in GAME}
    bare = {name for name, hint in named.items() if range_of(hint) is None}
    assert not {name for name in bare if any(map(number_of, (named[name], *get_args(named[name]))))}


def main_of(module: str) -> Callable[[], None]:
    """Return the main function of a command, which is a module or a package."""
    is_package = hasattr(import_module(module), "__path__")
    main: Callable[[], None] = import_module(f"{module}.__main__" if is_package else module).main
    return main


@pytest.mark.parametrize(
    ("module", "flags"),
    [
        ("evaluate", ("--pretrained", "bc-faces")),
        ("visualize", ("--pretrained", "bc-faces")),
        ("agents.strokes", ("--pretrained", "bc-faces")),
        ("agents.demonstrate", ("--out", "demonstrations")),
    ],
)
def test_seed_of_a_command_is_refused_below_0(run: Run, module: str, flags: tuple[str, ...]) -> None:
    assert_one_sentence(run(module, *flags, "--seed", -1), "seed is -1, but must be between 0 and 4,294,967,295.")
