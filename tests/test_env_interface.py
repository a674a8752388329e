"""What the environment offers beyond its spaces: options of a reset, info, keys; and wrong input refused."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.wrappers import TimeAwareObservation

from cutout_rl.agents.training.sb3_vec_env import CutOutVecEnv
from cutout_rl.env import CutOutEnv
from cutout_rl.utils.errors import CutOutError
from cutout_rl.vector_env import CutOutVectorEnv

ID = "cutout_rl/CutOut-v0"
SMALL: dict[str, Any] = {"image_size": 40, "step_len": 6, "step_count": 10}


def test_start_option_places_both_pens() -> None:
    env = CutOutEnv(**SMALL)
    start = ((20, 21), (3, 5))
    env.reset(seed=0, options={"index": 2, "start": start})
    assert env.game.starts == start
    assert env.game.sample.name == env.reset(options={"index": np.int64(2)})[1]["name"]
    env.reset(options={"start": [[np.int64(20), 21], (3, 5)]})
    assert env.game.starts == start


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"idnex": 2}, "'idnex'; did you mean 'index'"),
        ({"index": 2.5}, "'index' is 2.5, but must be a whole number"),
        ({"index": "2"}, "'index' is '2', but must be a whole number"),
        ({"start": (3, 4)}, r"'start' is \(3, 4\), but must be the \(row, column\) of both points"),
        ({"start": ((3, 4), (5, 6.5))}, r"must be the \(row, column\) of both points"),
        ({"start": ((3, 4), (5, 40))}, "must lie in an image of 40 pixels"),
        ({"start": ((3, 4), (3, 4))}, "must differ"),
    ],
)
def test_wrong_option_is_refused_by_name(options: dict[str, Any], said: str) -> None:
    batch = CutOutVectorEnv(2, **SMALL)
    sb3 = CutOutVecEnv(2, **SMALL)
    sb3.set_options(options)
    resets: list[Callable[[], Any]] = [
        partial(CutOutEnv(**SMALL).reset, options=options),
        partial(batch.reset, options=options),
        sb3.reset,
    ]
    for reset in resets:
        with pytest.raises(CutOutError, match=said):
            reset()


@pytest.mark.parametrize("action", [3.7, "3", None, [3], np.float64(3)])
def test_action_of_another_type_is_refused(action: Any) -> None:
    env = CutOutEnv(**SMALL)
    env.reset(seed=0)
    with pytest.raises(ValueError, match="is no whole number"):
        env.step(action)
    assert env.game.step_count == 0
    env.step(np.array(3))


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"pen_width": 2.5}, "pen_width is 2.5, but must be a whole number"),
        ({"image_size": "128"}, "image_size is '128', but must be a whole number"),
        ({"step_count": True}, "step_count is True, but must be a whole number"),
        ({"observation_size": 40.0}, "observation_size is 40.0, but must be a whole number or None"),
        ({"stop_action": 1}, "stop_action is 1, but must be True or False"),
        ({"data": Path("faces")}, "but must be a string"),
        ({"reward": 3}, "reward is 3, but must be a string"),
    ],
)
def test_argument_of_another_type_is_refused(setting: dict[str, Any], said: str) -> None:
    with pytest.raises(CutOutError, match=said):
        CutOutEnv(**setting)


def test_every_action_has_a_meaning_and_a_key() -> None:
    env = CutOutEnv(**SMALL, stop_action=True)
    meanings, keys = env.get_action_meanings(), env.get_keys_to_action()
    assert (meanings[1], meanings[12], meanings[16]) == ("inside NE", "outside S", "stop")
    assert len(set(meanings)) == len(meanings) == len(keys) == env.action_space.n
    assert sorted(keys.values()) == list(range(17))
    assert (keys[(ord("e"),)], keys[(ord(","),)], keys[(ord(" "),)]) == (1, 12, 16)
    assert len(CutOutEnv(**SMALL).get_action_meanings()) == len(CutOutEnv(**SMALL).get_keys_to_action()) == 16


def test_mask_is_in_the_info_on_request() -> None:
    env = CutOutEnv(mask_in_info=True, **SMALL, reward="end")
    assert env.reset(seed=0)[1]["mask"].tolist() == env.game.mask.tolist()
    assert env.step(3)[4]["mask"].tolist() == env.game.mask.tolist()
    batch, sb3 = CutOutVectorEnv(1, mask_in_info=True, **SMALL), CutOutVecEnv(1, mask_in_info=True, **SMALL)
    sb3.seed(0)
    sb3.reset()
    assert batch.reset(seed=0)[1]["mask"].shape == (1, 40, 40)
    in_batch, in_sb3 = batch.step([3])[4]["mask"][0], sb3.step(np.array([3]))[3][0]["mask"]
    assert in_batch.tolist() == in_sb3.tolist() == env.game.mask.tolist()


def test_every_value_of_the_info_has_a_numpy_type() -> None:
    env = CutOutEnv(**SMALL)
    for info in (env.reset(seed=0)[1], env.step(3)[4]):
        assert {name: value.dtype.kind for name, value in info.items()} == {
            "name": "U",
            "step": "i",
            "iou": "f",
            "best_iou": "f",
        }


def test_time_aware_observation_takes_a_limit_beyond_the_last_step() -> None:
    env = TimeAwareObservation(gymnasium.make(ID, max_episode_steps=11, **SMALL), flatten=False)
    env.reset(seed=0)
    answers = [env.step(action) for action in (0, 9) * 5]
    assert [answer[0]["time"].item() for answer in answers] == list(range(1, 11))
    assert [answer[2:4] for answer in answers] == [(False, False)] * 9 + [(True, False)]
