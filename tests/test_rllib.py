"""RLlib trains the same policy as Stable-Baselines3, on the same games, and writes the same kind of run."""

import importlib.util
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from command_line import TINY_GAME, TINY_PRIOR, refusal_of, rows, run_module
from stable_baselines3.common.policies import ActorCriticPolicy

from cutout_rl.agents.algorithms.policy_factory import actor_space, make_policy, preprocess_for
from cutout_rl.agents.networks.asymmetric_policy import N_PROGRESS
from cutout_rl.agents.rllib.config import RLlibPPOConfig
from cutout_rl.agents.rllib.rllib_ppo import RLlibPPO
from cutout_rl.agents.training.checkpoint import read_checkpoint
from cutout_rl.agents.training.seeds import game_seeds
from cutout_rl.runs.run_folder import RunFolder

NEEDS_RAY = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is not installed (the extra [ray])")
TINY = (
    *("--algo", "rllib-ppo", *TINY_GAME, *TINY_PRIOR, "--n-envs", 4, "--n-steps", 8, "--batch-size", 16),
    *("--eval-images", 2, "--test-images", 2),
)


def tiny_config(**changes: Any) -> RLlibPPOConfig:
    small = {"image_size": 48, "observation_size": 36, "step_len": 6, "step_count": 5, "n_envs": 4, "n_steps": 8}
    return RLlibPPOConfig(**{**small, **changes})


def test_runners_share_the_games_evenly() -> None:
    assert tiny_config(env_runners=2).envs_per_runner == 2
    assert tiny_config(env_runners=0).envs_per_runner == 4
    assert "n_envs is 4, but must be a multiple of env_runners, 3" in refusal_of(lambda: tiny_config(env_runners=3))
    assert "env_runners is -1" in refusal_of(lambda: tiny_config(env_runners=-1))


@pytest.mark.skipif(importlib.util.find_spec("ray") is not None, reason="Ray is installed")
def test_without_ray_the_error_names_the_extra(tmp_path: Path) -> None:
    config = tiny_config()
    assert "pip install 'cutout-rl[ray]'" in refusal_of(lambda: RLlibPPO().train(config, RunFolder(tmp_path)))


def random_observations(config: RLlibPPOConfig, n: int) -> Any:
    rng = np.random.default_rng(3)
    inputs = torch.as_tensor(rng.integers(0, 256, (n, *actor_space(config).shape), dtype=np.uint8))
    progress = torch.as_tensor(rng.random((n, N_PROGRESS), dtype=np.float32))
    return {"actor": inputs, "progress": progress, "mask": torch.as_tensor(rng.random((n, 17)) < 0.7)}


def log_probabilities(policy: ActorCriticPolicy, observed: Any) -> torch.Tensor:
    """Compute the policy's log probabilities of the actions that are not excluded."""
    seen = {"actor": observed["actor"], "progress": observed["progress"]}
    logits = policy.get_distribution(seen).distribution.logits
    return logits.masked_fill(~observed["mask"], -1e8).log_softmax(dim=1)


@NEEDS_RAY
@pytest.mark.slow
@pytest.mark.parametrize("network", ["nature", "crops", "prior"])
def test_weights_mean_the_same_to_both_libraries(network: Any) -> None:
    from cutout_rl.agents.rllib.training import algorithm_config, fetch, send

    config = tiny_config(network=network, env_runners=0, stop_action=True)
    algorithm = algorithm_config(config).build_algo()
    torch.manual_seed(1)
    sent, fetched = make_policy(config), make_policy(config)
    send(sent, algorithm)
    module = algorithm.env_runner_group.local_env_runner.module
    learner = algorithm.learner_group._learner.module["default_policy"]
    observed = random_observations(config, 50)
    seen = {"actor": observed["actor"], "progress": observed["progress"]}
    sent.set_training_mode(False)
    with torch.no_grad():
        logits = module.forward_inference({"obs": observed})["action_dist_inputs"]
        trained = learner.forward_train({"obs": observed})
        values = learner.compute_values({"obs": observed}, trained["embeddings"])
        expected = log_probabilities(sent, observed)
        torch.testing.assert_close(logits.log_softmax(dim=1), expected, rtol=0, atol=1e-5)
        torch.testing.assert_close(trained["action_dist_inputs"].log_softmax(dim=1), expected, rtol=0, atol=1e-5)
        torch.testing.assert_close(values, sent.predict_values(seen)[:, 0], rtol=0, atol=1e-5)
        assert logits.std() > 0
        assert values.std() > 0
    algorithm.train()
    fetch(algorithm, fetched)
    fetched.set_training_mode(False)
    with torch.no_grad():
        after = learner.forward_inference({"obs": observed})["action_dist_inputs"].log_softmax(dim=1)
        torch.testing.assert_close(after, log_probabilities(fetched, observed), rtol=0, atol=1e-5)
    before = dict(sent.named_parameters())
    moved = {name for name, weight in fetched.named_parameters() if not torch.equal(weight, before[name])}
    learnt = {name for name, weight in sent.named_parameters() if weight.requires_grad}
    assert moved == learnt
    algorithm.stop()


@NEEDS_RAY
@pytest.mark.slow
@pytest.mark.parametrize("network", ["nature", "prior"])
def test_two_runners_play_the_games_of_one_process(network: Any) -> None:
    from cutout_rl.agents.algorithms.on_policy_training import make_vec_env
    from cutout_rl.agents.rllib.env_runner import SeededEnvRunner
    from cutout_rl.agents.rllib.training import algorithm_config

    config = tiny_config(network=network, env_runners=2, seed=7, step_count=30, n_steps=6)
    torch.manual_seed(1)
    policy = make_policy(config)
    of_rllib = algorithm_config(config)
    runners = [SeededEnvRunner(config=of_rllib, worker_index=k) for k in (1, 2)]
    for runner in runners:
        runner.module.policy.load_state_dict(policy.state_dict())
    episodes = [episode for runner in runners for episode in runner.sample(num_timesteps=6 * 2)]
    env = make_vec_env(config)
    env.preprocess = preprocess_for(config, policy)
    env.unwrapped.seed_each(game_seeds(config.seed, config.n_envs))
    observed = [env.reset()]
    rewards = []
    for step in range(6):
        observations, reward, _, _ = env.step(np.array([episode.actions[step] for episode in episodes]))
        observed.append(observations)
        rewards.append(reward)
    for game, episode in enumerate(episodes):
        np.testing.assert_allclose(episode.rewards, [reward[game] for reward in rewards], atol=1e-6)
        kept = episode.get_observations()
        for part in ("actor", "progress", "mask"):
            np.testing.assert_array_equal(kept[part], [observations[part][game] for observations in observed])


@NEEDS_RAY
@pytest.mark.slow
def test_a_resumed_run_plays_other_games() -> None:
    from cutout_rl.agents.rllib.env_runner import SeededEnvRunner
    from cutout_rl.agents.rllib.training import algorithm_config

    config = tiny_config(network="nature", env_runners=1, seed=7)
    begun = []
    for timesteps in (0, 0, 64):
        runner = SeededEnvRunner(config=algorithm_config(config, timesteps), worker_index=1)
        begun.append([episode.get_observations(0)["actor"].tobytes() for episode in runner.sample(num_timesteps=1)])
    assert begun[0] == begun[1]
    assert not {*begun[0]} & {*begun[2]}


@NEEDS_RAY
@pytest.mark.slow
@pytest.mark.parametrize("stop_action", [False, True])
def test_no_move_that_marks_nothing_is_played_or_learnt_from(stop_action: bool) -> None:
    from cutout_rl.agents.rllib.env_runner import SeededEnvRunner
    from cutout_rl.agents.rllib.training import algorithm_config

    config = tiny_config(env_runners=0, network="crops", step_count=30, stop_action=stop_action)
    runner = SeededEnvRunner(config=algorithm_config(config), worker_index=0)
    episodes = runner.sample(num_timesteps=4 * 60)
    assert sum(map(len, episodes)) >= 4 * 60
    n_excluded = 0
    for episode in episodes:
        masks = episode.get_observations()["mask"][:-1]
        assert masks.shape == (len(episode), 16 + stop_action)
        assert masks[np.arange(len(episode)), episode.get_actions()].all()
        n_excluded += (masks == 0).sum()
    assert n_excluded > 50


@NEEDS_RAY
@pytest.mark.slow
def test_rates_fall_with_the_share_that_is_done() -> None:
    from cutout_rl.agents.rllib.training import algorithm_config, send, slow_down

    config = tiny_config(env_runners=0, network="crops", total_timesteps=1000, learning_rate=0.01)
    algorithm = algorithm_config(config).build_algo()
    send(make_policy(config), algorithm)
    learner = algorithm.learner_group._learner
    optimizer = learner.module["default_policy"].policy.optimizer
    for done in (0.0, 0.75, 1.0):
        slow_down(algorithm, config, done)
        result = algorithm.train()["learners"]["default_policy"]
        assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([0.01 * (1 - done)])
        assert result["curr_entropy_coeff"] == pytest.approx(0.003 * (1 - done), abs=1e-9)
    algorithm.stop()


@NEEDS_RAY
@pytest.mark.slow
def test_the_last_step_has_no_future() -> None:
    from cutout_rl.agents.rllib.env_runner import SeededEnvRunner
    from cutout_rl.agents.rllib.training import algorithm_config

    runner = SeededEnvRunner(config=algorithm_config(tiny_config(env_runners=0, network="crops")), worker_index=0)
    ended, begun = runner.sample(num_timesteps=4 * 5), runner.sample(num_timesteps=4)
    assert [len(episode) for episode in ended[:4]] == [5] * 4
    assert all(episode.is_terminated and not episode.is_truncated for episode in ended[:4])
    assert not any(episode.is_terminated for episode in begun)


@NEEDS_RAY
@pytest.mark.slow
def test_a_run_is_trained_resumed_and_played_like_any_other(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    done = run_module("train", *TINY, "--total-timesteps", 64, "--env-runners", 2, "--out", folder)
    assert done.status == 0, done
    before, record = read_checkpoint(folder / "last.safetensors")
    assert record["timesteps"] >= 64
    again = run_module("train", "--resume", folder, "--total-timesteps", 128, "--env-runners", 0)
    assert again.status == 0, again
    curve = [float(row["timesteps"]) for row in rows(folder / "metrics.csv")]
    assert curve == sorted(set(curve))
    assert curve[-1] >= 128
    after, _ = read_checkpoint(folder / "last.safetensors")
    assert after.keys() == before.keys()
    steps = [name for name in before if name.startswith("optimizer.") and name.endswith(".step")]
    assert steps
    assert all(after[name] > before[name] > 0 for name in steps)  # the optimizer resumed from its state
    played = run_module("evaluate", folder, "--images", 2, "--json", tmp_path / "table.json")
    assert played.status == 0, played
    assert "rllib-ppo, greedy" in played.out
    pictures = run_module("visualize", folder, "--images", 1, "--out", tmp_path / "book")
    assert pictures.status == 0, pictures


@NEEDS_RAY
@pytest.mark.slow
def test_training_survives_the_loss_of_a_node(tmp_path: Path) -> None:
    from ray.cluster_utils import Cluster

    folder = tmp_path / "run"
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    nodes = [cluster.add_node(num_cpus=1) for _ in range(2)]
    flags = map(str, (*TINY, "--total-timesteps", 3200, "--ray", cluster.address, "--out", folder))
    command = [sys.executable, "-m", "cutout_rl.train", *flags]
    training = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    deadline = time.monotonic() + 300
    while not (folder / "metrics.csv").exists():
        assert training.poll() is None, training.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.1)
    cluster.remove_node(nodes[0], allow_graceful=False)
    lost_after = float(rows(folder / "metrics.csv")[-1]["timesteps"])
    cluster.add_node(num_cpus=1)
    said, _ = training.communicate(timeout=900)
    assert training.returncode == 0, said
    assert lost_after < 3200 <= float(rows(folder / "metrics.csv")[-1]["timesteps"])
    cluster.shutdown()


@NEEDS_RAY
@pytest.mark.slow
def test_a_cluster_that_does_not_answer_is_named(tmp_path: Path) -> None:
    done = run_module("train", *TINY, "--ray", "127.0.0.1:1", "--out", tmp_path / "run")
    assert done.status == 2
    assert "No Ray cluster answers at 127.0.0.1:1" in done.err
    assert "Traceback" not in done.err
