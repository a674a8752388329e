"""Behavioural cloning that is stopped and resumed learns, bit for bit, what it would have learnt in one go."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from test_resume import learnt, make_run

from cutout_rl.agents.algorithms.bc import BC
from cutout_rl.agents.algorithms.bc_config import BCConfig
from cutout_rl.agents.algorithms.bc_training import Learner
from cutout_rl.agents.baselines.scripted import RandomPens
from cutout_rl.evaluation.demonstrations import record, save

# 10 steps per update, of which the replay buffer holds the newest 25.
CONFIG = BCConfig(
    image_size=32,
    observation_size=32,
    step_len=6,
    step_count=5,
    prior_images=4,
    prior_steps=1,
    n_envs=2,
    batch_size=8,
    replay=25,
    expert_steps=40,
    eval_every=40,
    eval_images=2,
    total_timesteps=80,
)


class Stopping:
    """Raises KeyboardInterrupt at a gradient step."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
        self.left = at
        step = Learner._step

        def count(learner: Learner) -> Any:
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt
            return step(learner)

        monkeypatch.setattr(Learner, "_step", count)


@pytest.mark.parametrize("demonstrated", [False, True], ids=["expert", "demonstrations"])
def test_resumed_cloning_equals_the_uninterrupted_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, demonstrated: bool
) -> None:
    config = CONFIG
    if demonstrated:
        save(record(RandomPens(), config.game_config(), 5, seed=7), tmp_path / "demonstrations")
        config = replace(config, demonstrations=str(tmp_path / "demonstrations"))
    straight, resumed = make_run(tmp_path / "straight"), make_run(tmp_path / "resumed")
    BC().train(config, straight)
    # In the third and in the sixth update of eight; each has five gradient steps.
    for at in (2 * 5 + 3, 3 * 5 + 2):
        with monkeypatch.context() as patched:
            Stopping(patched, at)
            with pytest.raises(KeyboardInterrupt):
                BC().train(config, resumed)
        assert learnt(resumed.path) != learnt(straight.path)
    BC().train(config, resumed)
    assert learnt(resumed.path) == learnt(straight.path)
