"""The default algorithms learn: after a few minutes they clearly beat random pens on held-out images."""

from pathlib import Path

import pytest

from cutout_rl.agents.baselines.scripted import RandomPens
from cutout_rl.evaluation.comparison import load_players
from cutout_rl.evaluation.evaluation import evaluate, held_out_factory
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.train import main, parse


@pytest.mark.slow
@pytest.mark.parametrize(("algo", "timesteps"), [("ppo", 60_000), ("a2c", 150_000)])
def test_agent_beats_random_pens(algo: str, timesteps: int, tmp_path: Path) -> None:
    arguments = ["--algo", algo, "--image-size", "64", "--step-len", "9", "--test-images", "0"]
    arguments += ["--total-timesteps", str(timesteps), "--out", str(tmp_path / "run")]
    main(arguments)
    algorithm, config = parse(arguments)
    factory = held_out_factory(config.game_config(), "test")
    players = load_players(algorithm, config, RunFolder(tmp_path / "run"), "cpu")
    learnt = max(evaluate(player, factory, range(100)).final for player in players)
    assert learnt > evaluate(RandomPens(), factory, range(100)).final + 0.1
