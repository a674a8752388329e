"""The same actions through single environments, the native batch, gymnasium's own batch and the SB3 environment."""

import json
import multiprocessing
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.envs.registration import EnvSpec
from gymnasium.vector import AutoresetMode, SyncVectorEnv, VectorEnv
from gymnasium.vector.utils import iterate
from numpy.typing import NDArray
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv

from cutout_rl.agents.training.sb3_vec_env import CutOutVecEnv
from cutout_rl.env import CutOutEnv
from cutout_rl.utils.errors import CutOutError
from cutout_rl.vector_env import CutOutVectorEnv

ID = "cutout_rl/CutOut-v0"
N = 3
SEED = 21
STEPS = 40
SMALL: dict[str, Any] = {"image_size": 32, "step_len": 6, "step_count": 7}
SETTINGS: dict[str, dict[str, Any]] = {
    "iou": {**SMALL, "reward": "iou"},
    "delta, stops": {**SMALL, "reward": "delta", "stop_action": True},
    "end, stops, small overlay": {
        **SMALL,
        "reward": "end",
        "stop_action": True,
        "observation": "overlay",
        "observation_size": 20,
    },
}
SETTINGS["dict, stops"] = {**SETTINGS["delta, stops"], "observation": "dict"}
every_setting = pytest.mark.parametrize("game_config", SETTINGS.values(), ids=SETTINGS.keys())
both_modes = pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])


def make_native(game_config: dict[str, Any], mode: AutoresetMode, n: int = N) -> CutOutVectorEnv:
    env = gymnasium.make_vec(ID, num_envs=n, autoreset_mode=mode, **game_config)
    assert isinstance(env, CutOutVectorEnv)
    return env


def single(game_config: dict[str, Any]) -> Callable[[], gymnasium.Env[Any, Any]]:
    return partial(gymnasium.make, ID, **game_config)


def random_actions(game_config: dict[str, Any]) -> NDArray[np.int64]:
    """Draw the moves of all games; a stop, where there is one, comes about once in eight."""
    rng = np.random.default_rng(3)
    actions = rng.integers(16, size=(STEPS, N))
    if game_config.get("stop_action"):
        actions[rng.random((STEPS, N)) < 1 / 8] = 16
    return actions


def assert_same(one: Any, other: Any) -> None:
    """Compare nested dicts, tuples and arrays, object arrays among them."""
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for key, value in one.items():
            assert_same(value, other[key])
    elif isinstance(one, tuple | list) or (isinstance(one, np.ndarray) and one.dtype == object):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            assert_same(a, b)
    else:
        if isinstance(one, np.ndarray):
            assert (one.shape, one.dtype) == (other.shape, other.dtype)
        assert np.array_equal(one, other)


@every_setting
@both_modes
def test_native_batch_answers_as_gymnasiums_batch_of_single_environments(
    game_config: dict[str, Any], mode: AutoresetMode
) -> None:
    native: VectorEnv[Any, Any, Any] = make_native(game_config, mode)
    sync = SyncVectorEnv([single(game_config)] * N, autoreset_mode=mode)
    assert native.single_observation_space == sync.single_observation_space
    assert native.single_action_space == sync.single_action_space
    assert native.observation_space == sync.observation_space
    assert native.action_space == sync.action_space
    assert native.metadata["autoreset_mode"] is mode
    assert_same(native.reset(seed=SEED), sync.reset(seed=SEED))
    ends = np.zeros(N, int)
    for actions in random_actions(game_config):
        answer = native.step(actions)
        assert_same(answer, sync.step(actions))
        ends += answer[2] | answer[3]
    assert (ends >= 3).all()
    # The generators go on alike, whether the games are told to or not.
    assert_same(native.reset(), sync.reset())
    assert_same(native.reset(seed=[5, 5, 8]), sync.reset(seed=[5, 5, 8]))
    assert_same(native.reset(options={"index": 2}), sync.reset(options={"index": 2}))
    # A reset right after an episode's end: the next step is a move again.
    moves = np.zeros(N, np.int64)
    while not native.step(moves)[2].any():
        sync.step(moves)
    sync.step(moves)
    assert_same(native.reset(), sync.reset())
    assert_same(native.step(moves), sync.step(moves))
    native.close()
    sync.close()


def play_alone(game_config: dict[str, Any], i: int, pause: bool) -> Iterator[tuple[Any, ...]]:
    """Play game `i` by itself.

    Yields observation, reward, terminated, truncated, info and, with the last step of an episode, the observation and
    the info that the reset after it answers. With `pause` the step after an end is taken by that reset.
    """
    env = gymnasium.make(ID, **game_config)
    env.reset(seed=SEED + i)
    actions = iter(random_actions(game_config)[:, i])
    for action in actions:
        answer = env.step(action)
        if answer[2] or answer[3]:
            fresh = env.reset()
            yield *answer, fresh
            if pause and next(actions, None) is not None:
                yield fresh[0], 0.0, False, False, fresh[1], None
        else:
            yield *answer, None


@every_setting
@both_modes
def test_every_game_of_the_batch_plays_as_it_does_alone(game_config: dict[str, Any], mode: AutoresetMode) -> None:
    same_step = mode is AutoresetMode.SAME_STEP
    native = make_native(game_config, mode)
    native.reset(seed=SEED)
    alone = zip(*(play_alone(game_config, i, pause=not same_step) for i in range(N)), strict=True)
    for actions, expected in zip(random_actions(game_config), alone, strict=True):
        batch, rewards, terminations, truncations, infos = native.step(actions)
        observations = list(iterate(native.observation_space, batch))
        for i, (observation, reward, terminated, truncated, info, fresh) in enumerate(expected):
            assert (rewards[i], terminations[i], truncations[i]) == (reward, terminated, truncated)
            told = {
                key: infos[key][i] for key in ("name", "step", "iou", "best_iou") if infos.get(f"_{key}", [0] * N)[i]
            }
            if same_step and fresh:
                assert_same(infos["final_obs"][i], observation)
                final = infos["final_info"]
                assert info == {key: final[key][i] for key in info}
                observation, info = fresh
            assert_same(observations[i], observation)
            assert told == info
    native.close()


@every_setting
def test_sb3_environment_answers_as_sb3s_own_batch_of_single_environments(game_config: dict[str, Any]) -> None:
    native = CutOutVecEnv(N, **game_config)
    dummy = DummyVecEnv([lambda: Monitor(CutOutEnv(**game_config), info_keywords=("iou",))] * N)
    assert native.observation_space == dummy.observation_space
    assert native.action_space == dummy.action_space
    for env in (native, dummy):
        env.seed(SEED)
    assert_same(native.reset(), dummy.reset())
    assert native.reset_infos == dummy.reset_infos
    for actions in random_actions(game_config):
        observations, rewards, dones, infos = native.step(actions)
        expected = dummy.step(actions)
        assert_same((observations, rewards, dones), expected[:3])
        for info, theirs, done in zip(infos, expected[3], dones, strict=True):
            # SB3 tells it at every step, and counts the seconds.
            assert info.pop("TimeLimit.truncated", False) == theirs.pop("TimeLimit.truncated")
            if done:
                mine, monitored = info.pop("episode"), theirs.pop("episode")
                del monitored["t"]
                assert mine == pytest.approx(monitored, abs=1e-5)
            assert_same(info, theirs)
        assert native.reset_infos == dummy.reset_infos
    native.close()


@every_setting
def test_sb3_environment_and_native_batch_play_the_same(game_config: dict[str, Any]) -> None:
    sb3, native = CutOutVecEnv(N, **game_config), make_native(game_config, AutoresetMode.SAME_STEP)
    sb3.seed(SEED)
    assert_same(sb3.reset(), native.reset(seed=SEED)[0])
    for actions in random_actions(game_config):
        observations, rewards, dones, infos = sb3.step(actions)
        theirs = native.step(actions)
        assert_same(observations, theirs[0])
        assert np.array_equal(rewards, theirs[1].astype(np.float32))
        assert np.array_equal(dones, theirs[2] | theirs[3])
        for i in np.flatnonzero(dones):
            assert_same(infos[i]["terminal_observation"], theirs[4]["final_obs"][i])
            assert infos[i]["iou"] == theirs[4]["final_info"]["iou"][i]
    sb3.close()
    native.close()


@every_setting
def test_restored_games_go_on_as_those_that_were_never_left(game_config: dict[str, Any]) -> None:
    actions = random_actions(game_config)
    env, restored = (CutOutVecEnv(N, **game_config) for _ in range(2))
    env.seed(SEED)
    env.reset()
    for chosen in actions[: STEPS // 2]:
        observations, *_ = env.step(chosen)
    state = json.loads(json.dumps(env.state()))
    assert_same(restored.restore(state), observations)
    assert restored.state() == state
    for chosen in actions[STEPS // 2 :]:
        for one, other in zip(env.step(chosen), restored.step(chosen), strict=True):
            np.testing.assert_equal(other, one)
    # Neither has ever touched what was told.
    assert state != env.state() == restored.state()


def test_action_masks_are_those_of_the_single_environments() -> None:
    settings = SETTINGS["delta, stops"]
    native, sb3 = make_native(settings, AutoresetMode.SAME_STEP), CutOutVecEnv(N, **settings)
    sb3.seed(SEED)
    sb3.reset()
    native.reset(seed=SEED)
    excluded = 0
    for actions in random_actions(settings):
        masks = native.action_masks()
        assert (masks.shape, masks.dtype) == ((N, 17), np.bool_)
        # The last is what sb3-contrib's MaskablePPO asks for.
        for others in (native.call("action_masks"), sb3.action_masks(), sb3.env_method("action_masks")):
            assert np.array_equal(np.stack(others), masks)
        assert all(callable(method) for method in sb3.get_attr("action_masks"))
        excluded += int((~masks).sum())
        native.step(actions)
        sb3.step(actions)
    assert excluded > 20
    for env in (make_native(settings, AutoresetMode.SAME_STEP), CutOutVecEnv(N, **settings)):
        with pytest.raises(ValueError, match="reset"):
            env.action_masks()


def test_games_do_not_depend_on_the_number_of_threads() -> None:
    one, four = (CutOutVectorEnv(N, threads=threads, **SMALL) for threads in (1, 4))
    assert_same(one.reset(seed=SEED), four.reset(seed=SEED))
    for actions in random_actions(SMALL)[:10]:
        assert_same(one.step(actions), four.step(actions))
    one.close()
    four.close()


def test_arrays_handed_out_are_never_written_again() -> None:
    env = make_native(SMALL, AutoresetMode.SAME_STEP)
    handed_out: list[NDArray[Any]] = [env.reset(seed=SEED)[0]]
    copies = [handed_out[0].copy()]
    for actions in random_actions(SMALL)[:10]:
        answer = env.step(actions)
        handed_out += answer[:4]
        copies += [array.copy() for array in answer[:4]]
    assert all(np.array_equal(array, copy) for array, copy in zip(handed_out, copies, strict=True))
    env.close()


def test_unknown_names_are_refused_with_the_nearest_one() -> None:
    with pytest.raises(CutOutError, match="did you mean 'SameStep'"):
        CutOutVectorEnv(autoreset_mode="SameSteps", **SMALL)
    with pytest.raises(CutOutError, match="did you mean 'rgb_array'"):
        CutOutVectorEnv(render_mode="rgb-array", **SMALL)
    with pytest.raises(CutOutError, match="did you mean 'delta'"):
        CutOutVectorEnv(reward="deltas", **SMALL)


def test_autoreset_mode_may_be_named_and_is_next_step_by_default() -> None:
    named = gymnasium.make_vec(ID, num_envs=2, autoreset_mode="SameStep", **SMALL)
    default = gymnasium.make_vec(ID, num_envs=2, **SMALL)
    assert named.metadata["autoreset_mode"] is named.autoreset_mode is AutoresetMode.SAME_STEP  # type: ignore[attr-defined]
    assert default.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    named.close()
    default.close()


def test_spec_of_the_batch_survives_json() -> None:
    env = gymnasium.make_vec(ID, num_envs=N, autoreset_mode="SameStep", **SMALL)
    assert env.spec is not None
    spec = EnvSpec.from_json(env.spec.to_json())
    kwargs = dict(spec.kwargs)
    assert kwargs.pop("vectorization_mode") == "vector_entry_point"
    spec.kwargs = {}
    again = gymnasium.make_vec(spec, **kwargs)
    assert isinstance(again, CutOutVectorEnv)
    assert again.num_envs == N
    assert_same(env.reset(seed=1), again.reset(seed=1))
    env.close()
    again.close()


def test_every_game_is_rendered() -> None:
    env = gymnasium.make_vec(ID, num_envs=N, render_mode="rgb_array", **SMALL)
    env.reset(seed=SEED)
    frames = env.render()
    assert frames is not None
    for i, frame in enumerate(frames):
        alone = CutOutEnv(render_mode="rgb_array", **SMALL)
        alone.reset(seed=SEED + i)
        assert np.array_equal(frame, alone.render())
    assert i == N - 1
    env.close()
    assert make_native(SMALL, AutoresetMode.NEXT_STEP).render() is None


def play_a_step(threads: int) -> list[float]:
    env = CutOutVectorEnv(N, threads=threads, **SMALL)
    env.reset(seed=SEED)
    rewards: list[float] = env.step(np.arange(N))[1].tolist()
    env.close()
    return rewards


def test_forked_process_plays_on_its_own_threads() -> None:
    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("this system cannot fork")
    here = play_a_step(2)
    with warnings.catch_warnings():
        # Python warns of forking a process that has threads, which is the point.
        warnings.simplefilter("ignore", DeprecationWarning)
        with multiprocessing.get_context("fork").Pool(1) as pool:
            assert pool.map_async(play_a_step, [2]).get(timeout=60) == [here]


def test_close_may_be_repeated() -> None:
    env = make_native(SMALL, AutoresetMode.NEXT_STEP)
    env.close()
    env.close()
    assert env.closed
