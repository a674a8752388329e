"""The environment `cutout_rl/CutOut-v0` as its users find it: checkers, seeds, specs, rendering, refusals."""

import dataclasses
import multiprocessing
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.envs.registration import EnvSpec
from gymnasium.utils.env_checker import check_env, data_equivalence
from gymnasium.wrappers import RecordVideo
from numpy.typing import NDArray
from stable_baselines3.common.env_checker import check_env as sb3_check_env

import cutout_rl  # noqa: F401 - registers the environment
from cutout_rl.env import CutOutEnv
from cutout_rl.game.config import GameConfig
from cutout_rl.game.observation import OBSERVATION_KINDS
from cutout_rl.game.reward import REWARD_KINDS
from cutout_rl.runs.train_config import GameTrainConfig
from cutout_rl.utils.errors import CutOutError

ID = "cutout_rl/CutOut-v0"
SMALL: dict[str, Any] = {"image_size": 40, "step_len": 6, "step_count": 10}
SETTINGS: dict[str, dict[str, Any]] = {
    "small": SMALL,
    "overlay": {**SMALL, "observation": "overlay"},
    "trails": {**SMALL, "observation": "trails"},
    "end": {**SMALL, "reward": "end"},
    "layers": {**SMALL, "observation": "layers"},
    "dict": {**SMALL, "observation": "dict"},
    "iou": {**SMALL, "reward": "iou"},
    "stop_action": {**SMALL, "stop_action": True},
    "observation_size": {"image_size": 64, "observation_size": 40, "step_count": 20},
    "256": {"image_size": 256, "step_len": 18, "step_count": 30},
    "watershed": {**SMALL, "segmenter": "watershed", "pen_width": 2},
    "textbook": {**SMALL, "segmenter": "textbook"},
    "hair": {**SMALL, "masks": "hair", "split": "val"},
}
ROW = re.compile(r"^    \| `(\w+)` \| `(.+?)` \| .+ \|$", re.MULTILINE)
MAKERS: dict[str, Callable[..., gymnasium.Env[Any, Any]]] = {
    **{name: partial(gymnasium.make, ID, **settings) for name, settings in SETTINGS.items()},
    **{name: partial(gymnasium.make, name) for name in gymnasium.registry if name.startswith("cutout_rl/")},
}
every_setting = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())


@pytest.fixture
def display(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Set a matplotlib backend whose windows exist in memory."""
    import matplotlib.pyplot as plt
    from matplotlib.backend_bases import FigureManagerBase
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    class Manager(FigureManagerBase):
        def show(self) -> None:
            pass

    class FigureCanvas(FigureCanvasAgg):
        manager_class = Manager  # type: ignore[assignment]

    backend = ModuleType("backend_in_memory")
    backend.FigureCanvas = FigureCanvas  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, backend.__name__, backend)
    plt.switch_backend(f"module://{backend.__name__}")
    yield
    plt.switch_backend("Agg")


@every_setting
@pytest.mark.usefixtures("display")
def test_gymnasium_checker_passes(make: Callable[..., gymnasium.Env[Any, Any]]) -> None:
    env = make(render_mode="rgb_array")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        check_env(env.unwrapped, skip_render_check=False)
    env.close()
    assert [str(warning.message) for warning in caught] == []


@every_setting
def test_stable_baselines3_checker_passes(make: Callable[..., gymnasium.Env[Any, Any]]) -> None:
    env = make().unwrapped
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sb3_check_env(env)


@every_setting
def test_two_copies_play_the_same_for_50_steps(make: Callable[..., gymnasium.Env[Any, Any]]) -> None:
    one, two = make(), make()
    one.action_space.seed(5)
    assert_same(one.reset(seed=11), two.reset(seed=11))
    for _ in range(50):
        action = one.action_space.sample()
        first, second = one.step(action), two.step(action)
        assert_same(first, second)
        if first[2] or first[3]:
            assert_same(one.reset(), two.reset())
    first, second = one.reset(seed=1), one.reset(seed=2)
    assert not data_equivalence(first[0], second[0])


def assert_same(first: tuple[Any, ...], second: tuple[Any, ...]) -> None:
    """Compare what reset or step answered: the observation and whatever follows it."""
    assert data_equivalence(first[0], second[0], exact=True)
    assert first[1:] == second[1:]


def arrays_of(observation: Any) -> list[NDArray[Any]]:
    return list(observation.values()) if isinstance(observation, dict) else [observation]


@every_setting
def test_spec_survives_json(make: Callable[..., gymnasium.Env[Any, Any]]) -> None:
    env = make(render_mode="rgb_array")
    assert env.spec is not None
    again = gymnasium.make(EnvSpec.from_json(env.spec.to_json()))
    assert again.spec == env.spec
    assert isinstance(env.unwrapped, CutOutEnv)
    assert isinstance(again.unwrapped, CutOutEnv)
    assert again.unwrapped.game_config == env.unwrapped.game_config
    assert_same(env.reset(seed=3), again.reset(seed=3))


def play_elsewhere(_: int) -> NDArray[np.uint8]:
    env = gymnasium.make("cutout_rl:cutout_rl/CutOut-v0", **SMALL)
    env.reset(seed=4)
    observation: NDArray[np.uint8] = env.step(3)[0]
    return observation


def test_spawned_process_loads_the_package_by_the_id_and_plays_the_same() -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        (elsewhere,) = pool.map(play_elsewhere, [0])
    assert np.array_equal(elsewhere, play_elsewhere(0))


def test_video_is_recorded(tmp_path: Path) -> None:
    pytest.importorskip("moviepy")
    env = RecordVideo(gymnasium.make(ID, render_mode="rgb_array", **SMALL), str(tmp_path / "videos"))
    env.reset(seed=0)
    terminated = False
    while not terminated:
        _, _, terminated, _, _ = env.step(env.action_space.sample())
    env.close()
    (video,) = (tmp_path / "videos").glob("*.mp4")
    assert video.stat().st_size > 1000


@every_setting
def test_arrays_handed_out_are_never_written_again(make: Callable[..., gymnasium.Env[Any, Any]]) -> None:
    env = make(render_mode="rgb_array").unwrapped
    handed_out = arrays_of(env.reset(seed=0)[0])
    copies = [array.copy() for array in handed_out]
    for action in (0, 9, 2, 11):
        for array in (*arrays_of(env.step(action)[0]), env.render()):
            assert isinstance(array, np.ndarray)
            handed_out.append(array)
            copies.append(array.copy())
    env.reset()
    assert all(np.array_equal(array, copy) for array, copy in zip(handed_out, copies, strict=True))
    for i, array in enumerate(handed_out):
        assert not any(np.shares_memory(array, other) for other in handed_out[i + 1 :])


def test_writing_into_what_was_handed_out_changes_no_game() -> None:
    vandal, peaceful = (CutOutEnv(render_mode="rgb_array", **SMALL) for _ in range(2))
    for action in (None, 0, 9, 2, 11):
        answers = [env.reset(seed=0) if action is None else env.step(action) for env in (vandal, peaceful)]
        assert_same(*answers)
        answers[0][0][:] = 99
        frame = vandal.render()
        assert frame is not None
        frame[:] = 99


@pytest.mark.parametrize(
    ("image_size", "shape"), [(32, (412, 384, 3)), (128, (412, 384, 3)), (100, (428, 400, 3)), (256, (540, 512, 3))]
)
def test_frame_shows_the_move(image_size: int, shape: tuple[int, int, int]) -> None:
    env = CutOutEnv(image_size=image_size, render_mode="rgb_array")
    env.reset(seed=0)
    before = env.render()
    env.step(12)
    after = env.render()
    for frame in (before, after):
        assert frame is not None
        assert frame.shape == shape
        assert frame.dtype == np.uint8
    assert before is not None
    assert after is not None
    # The picture, and the step in its caption.
    assert not np.array_equal(before[:-28], after[:-28])
    assert not np.array_equal(before[-28:], after[-28:])


@pytest.mark.usefixtures("display")
def test_window_follows_the_game_and_closes() -> None:
    import matplotlib.pyplot as plt

    env = CutOutEnv(render_mode="human", **SMALL)
    env.metadata = {**env.metadata, "render_fps": 1000}
    env.reset(seed=0)
    (number,) = plt.get_fignums()
    shown = plt.figure(number).axes[0].images[0]
    before = np.asarray(shown.get_array())
    assert env.render() is None
    env.step(12)
    assert not np.array_equal(np.asarray(shown.get_array()), before)
    env.close()
    env.close()
    assert plt.get_fignums() == []


def test_without_a_display_the_window_is_refused() -> None:
    env = CutOutEnv(render_mode="human", **SMALL)
    with pytest.raises(CutOutError, match="needs a display"):
        env.reset(seed=0)
    env.close()


def test_index_option_names_the_image_and_the_seed_the_start() -> None:
    env = CutOutEnv(**SMALL)
    observation, info = env.reset(seed=7, options={"index": 3})
    again, other = env.reset(seed=7, options={"index": 3}), env.reset(seed=8, options={"index": 3})
    assert_same(again, (observation, info))
    assert np.array_equal(other[0][..., :3], observation[..., :3])
    assert not np.array_equal(other[0], observation)
    assert other[1]["name"] == info["name"] != env.reset(options={"index": 4})[1]["name"]
    for index in (-1, 1_000_000):
        with pytest.raises(IndexError):
            env.reset(options={"index": index})


def test_images_are_drawn_at_random() -> None:
    env = CutOutEnv(**SMALL)
    env.reset(seed=0)
    assert len({env.reset()[1]["name"] for _ in range(20)}) == 20


def test_episode_ends_after_step_count_with_the_iou_in_info() -> None:
    env = CutOutEnv(**{**SMALL, "step_count": 4})
    env.reset(seed=0)
    ends = [env.step(action)[2:] for action in (0, 3, 8, 12)]
    assert [end[:2] for end in ends] == [(False, False)] * 3 + [(True, False)]
    assert 0 <= ends[-1][2]["iou"] <= ends[-1][2]["best_iou"] <= 1
    with pytest.raises(ValueError, match="over"):
        env.step(0)


def test_a_dictionary_holds_the_masked_observation_and_the_moves_left() -> None:
    masked, env = (CutOutEnv(**SMALL, observation=kind) for kind in ("masked", "dict"))
    answers = [(masked.reset(seed=0)[0], env.reset(seed=0)[0])]
    answers += [(masked.step(action)[0], env.step(action)[0]) for action in range(10)]
    for step, (array, parts) in enumerate(answers):
        assert env.observation_space.contains(parts)
        assert np.array_equal(np.concatenate([parts[key] for key in ("image", "scribbles", "mask")], axis=2), array)
        assert parts["moves_left"] == pytest.approx([1 - step / 10])


@pytest.mark.parametrize("use", [lambda env: env.step(0), lambda env: env.render(), lambda env: env.game])
def test_before_reset_there_is_no_game(use: Any) -> None:
    with pytest.raises(ValueError, match="reset"):
        use(CutOutEnv(render_mode="rgb_array", **SMALL))


@pytest.mark.parametrize(
    ("setting", "near"),
    [
        ({"segmenter": "graphcuts"}, "graphcut"),
        ({"reward": "deltas"}, "delta"),
        ({"observation": "overlays"}, "overlay"),
        ({"split": "training"}, "train"),
    ],
)
def test_unknown_name_is_refused_with_the_nearest_one(setting: dict[str, Any], near: str) -> None:
    with pytest.raises(CutOutError, match=f"did you mean '{near}'"):
        gymnasium.make(ID, **setting)


def test_unknown_render_mode_is_refused_with_the_nearest_one() -> None:
    # Without `gymnasium.make`, which would warn of it first.
    with pytest.raises(CutOutError, match="did you mean 'rgb_array'"):
        CutOutEnv(render_mode="rgb-array")


@pytest.mark.parametrize(("setting", "said"), [({"masks": "nose"}, "nose"), ({"data": "no/such/folder"}, "no/such")])
def test_images_that_are_not_there_are_refused(setting: dict[str, Any], said: str) -> None:
    with pytest.raises(CutOutError, match=said):
        gymnasium.make(ID, **setting)


def test_the_docstring_describes_every_argument_with_its_default() -> None:
    assert CutOutEnv.__doc__ is not None
    table = CutOutEnv.__doc__.partition("## Arguments")[2].partition("##")[0]
    described = {name: default.replace('"', "'") for name, default in ROW.findall(table)}
    assert described.pop("render_mode") == "None"
    assert described.pop("mask_in_info") == "False"
    assert described == {field.name: repr(field.default) for field in dataclasses.fields(GameConfig)}


@pytest.mark.parametrize(("heading", "kinds"), [("Observation Space", OBSERVATION_KINDS), ("Rewards", REWARD_KINDS)])
def test_the_docstring_describes_every_kind(heading: str, kinds: tuple[str, ...]) -> None:
    assert CutOutEnv.__doc__ is not None
    table = CutOutEnv.__doc__.partition(f"## {heading}")[2].partition("##")[0]
    assert set(re.findall(r'^    \| `"(\w+)"` \|', table, re.MULTILINE)) == set(kinds)


def test_training_plays_the_game_that_gymnasium_makes() -> None:
    assert GameTrainConfig().game_config() == GameConfig()
    assert gymnasium.make(ID).unwrapped.game_config == GameConfig()  # type: ignore[attr-defined]
