"""The batch of games as other libraries use it: options of a reset, attributes, monitors, wrong input."""

import warnings
from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv, VectorEnv
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import EvalCallback
from stable_baselines3.common.vec_env import DummyVecEnv, VecTransposeImage
from test_vector_env import SEED, SMALL, N, assert_same, make_native, random_actions, single

from cutout_rl.agents.training.sb3_vec_env import CutOutVecEnv
from cutout_rl.env import CutOutEnv
from cutout_rl.utils.errors import CutOutError
from cutout_rl.vector_env import CutOutVectorEnv


def refuses(call: Callable[[], Any], said: str, error: type[Exception] = ValueError) -> None:
    with pytest.raises(error, match=said):
        call()


def test_wrong_numbers_are_refused() -> None:
    env, sb3 = make_native(SMALL, AutoresetMode.NEXT_STEP, 2), CutOutVecEnv(2, **SMALL)
    refuses(lambda: env.step(np.zeros(2, np.int64)), "call reset first")
    refuses(lambda: sb3.step(np.zeros(2, np.int64)), "call reset first")
    refuses(lambda: env.get_attr("game"), "call reset first")
    refuses(lambda: env.reset(seed=[1]), "1 seeds for 2 games")
    refuses(lambda: env.reset(seed=[1, 2, 3]), "3 seeds for 2 games")
    env.reset(seed=SEED)
    sb3.reset()
    wrong: list[tuple[Any, str]] = [
        (np.zeros(1, np.int64), "1 actions for 2 games"),
        (np.array([0, 16]), "action 16"),
        ([0, -1], "action -1"),
        ([0, 3.7], "must be one whole number"),
        (["0", "3"], "must be one whole number"),
        ([0, None], "must be one whole number"),
        ([[0], [3]], "must be one whole number"),
        ([[0], 3], "must be one whole number"),
        (3, "must be one whole number"),
    ]
    for actions, said in wrong:
        refuses(lambda: env.step(actions), said)  # noqa: B023 - called at once
        refuses(lambda: sb3.step(actions), said)  # noqa: B023
    # Nothing was played, and a plain list is fine.
    assert env.step([0, 9])[4]["step"].tolist() == [1, 1]
    env.close()


def test_number_of_games_must_be_a_whole_one() -> None:
    for n in (0, 2.5, "2"):
        refuses(lambda: CutOutVectorEnv(n, **SMALL), f"number of games is {n!r}", CutOutError)  # type: ignore[arg-type] # noqa: B023
        refuses(lambda: CutOutVecEnv(n, **SMALL), f"number of games is {n!r}", CutOutError)  # type: ignore[arg-type] # noqa: B023


@pytest.mark.parametrize("mode", AutoresetMode)
def test_reset_mask_starts_some_games_and_leaves_the_others(mode: AutoresetMode) -> None:
    native: VectorEnv[Any, Any, Any] = make_native(SMALL, mode)
    sync = SyncVectorEnv([single(SMALL)] * N, autoreset_mode=mode)
    assert_same(native.reset(seed=SEED), sync.reset(seed=SEED))
    for actions in random_actions(SMALL)[:4]:
        assert_same(native.step(actions), sync.step(actions))
    some, options = np.array([True, False, True]), {"index": 4, "start": ((20, 20), (3, 3))}
    ours = {**options, "reset_mask": some}
    assert_same(native.reset(options=ours), sync.reset(options={**options, "reset_mask": some}))
    assert "reset_mask" in ours
    for actions in random_actions(SMALL)[4:7]:
        answer = native.step(actions)
        assert_same(answer, sync.step(actions))
    over = answer[2] | answer[3]
    assert over.tolist() == [False, True, False]
    if mode is AutoresetMode.DISABLED:
        refuses(lambda: native.step(np.zeros(N, np.int64)), "game 1 is over")
    # A game that was reset right after its end plays on at once.
    assert_same(native.reset(options={"reset_mask": over}), sync.reset(options={"reset_mask": over.copy()}))
    assert_same(native.step(random_actions(SMALL)[7]), sync.step(random_actions(SMALL)[7]))
    native.close()
    sync.close()


def test_wrong_reset_masks_are_refused() -> None:
    env = make_native(SMALL, AutoresetMode.DISABLED)
    refuses(lambda: env.reset(options={"reset_mask": np.array([True, False, False])}), "first reset must start every")
    for mask in (np.zeros(N, np.bool_), np.ones(2, np.bool_), np.ones(N), True, "all"):
        refuses(lambda: env.reset(options={"reset_mask": mask}), "'reset_mask' is", CutOutError)  # noqa: B023


def test_call_and_get_attr_answer_as_gymnasiums_batch() -> None:
    native, sync = make_native(SMALL, AutoresetMode.NEXT_STEP), SyncVectorEnv([single(SMALL)] * N)
    names = ("action_space", "observation_space", "render_mode", "game_config", "metadata")
    for name in names:
        assert native.get_attr(name) == native.call(name) == sync.get_attr(name)
    native.reset(seed=SEED)
    sync.reset(seed=SEED)
    assert native.call("get_action_meanings") == sync.call("get_action_meanings")
    assert [game.starts for game in native.get_attr("game")] == [game.starts for game in sync.get_attr("game")]
    assert [rng.random() for rng in native.get_attr("np_random")] == [
        rng.random() for rng in sync.get_attr("np_random")
    ]
    refuses(lambda: native.get_attr("nosuch"), "nosuch", AttributeError)
    refuses(lambda: native.call("step", 3), "use the batch's own step", AttributeError)
    refuses(lambda: native.set_attr("step_len", 3), "step_len cannot be set", AttributeError)
    native.close()
    sync.close()


def test_sb3_environment_answers_attributes_as_sb3s_batch() -> None:
    native, dummy = CutOutVecEnv(N, **SMALL), DummyVecEnv([lambda: CutOutEnv(**SMALL)] * N)
    assert native.get_attr("game_config", [0, 2]) == dummy.get_attr("game_config", [0, 2])
    assert native.env_method("get_action_meanings", indices=1) == dummy.env_method("get_action_meanings", indices=1)
    assert native.has_attr("game_config")
    assert not native.has_attr("nosuch")
    refuses(lambda: native.env_method("reset"), "use the batch's own reset", AttributeError)
    refuses(lambda: native.set_attr("step_len", 3), "step_len cannot be set", AttributeError)


def test_sb3_environment_reads_its_options_at_the_next_reset() -> None:
    native, dummy = CutOutVecEnv(N, **SMALL), DummyVecEnv([lambda: CutOutEnv(**SMALL)] * N)
    start = ((20, 20), (3, 3))
    each: list[dict[str, Any]] = [{"index": 4}, {}, {"start": start}]
    for env in (native, dummy):
        env.seed(SEED)
        env.set_options(each)
    assert_same(native.reset(), dummy.reset())
    assert native.games[2].starts == start
    # They hold for one reset.
    assert_same(native.reset(), dummy.reset())
    native.set_options(each[:2])
    refuses(native.reset, "2 options for 3 games", CutOutError)


def test_game_of_the_report_is_played_in_a_batch_too() -> None:
    native, alone = gymnasium.make_vec("cutout_rl/CutOut2017-v0", num_envs=2), gymnasium.make("cutout_rl/CutOut2017-v0")
    assert isinstance(native, CutOutVectorEnv)
    config = native.get_attr("game_config")[1]
    assert config == alone.unwrapped.game_config  # type: ignore[attr-defined]
    assert (config.step_len, config.step_count, config.reward, config.segmenter) == (8, 16, "iou", "textbook")
    observations, _ = native.reset(seed=SEED)
    assert observations.shape == (2, 128, 128, 3)
    assert np.array_equal(observations[0], alone.reset(seed=SEED)[0])


def test_evaluation_of_sb3_finds_its_monitor() -> None:
    settings = {**SMALL, "image_size": 36}
    games, held_out = (VecTransposeImage(CutOutVecEnv(2, **settings, split=split)) for split in ("train", "val"))
    model = PPO("CnnPolicy", games, n_steps=8, batch_size=8, n_epochs=1, device="cpu")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        callback = EvalCallback(held_out, n_eval_episodes=2, eval_freq=8, verbose=0)
        model.learn(16, callback=callback)
    assert -1 <= callback.last_mean_reward <= 1
