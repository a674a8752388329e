"""The libraries of `tests/clients-requirements.txt` play and train on the environment: `make test-clients`."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

from cutout_rl.agents.training.sb3_vec_env import CutOutVecEnv

pytestmark = pytest.mark.slow

ENV_ID = "cutout_rl:cutout_rl/CutOut-v0"
SMALL: dict[str, Any] = {"image_size": 40, "step_len": 6, "step_count": 4}
EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"


def needs(module: str) -> pytest.MarkDecorator:
    missing = importlib.util.find_spec(module) is None
    return pytest.mark.skipif(missing, reason=f"{module} is not installed; run make test-clients")


def output_of(folder: Path, *command: object) -> str:
    done = subprocess.run(
        [sys.executable, *map(str, command)], cwd=folder, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@needs("rl_zoo3")
def test_rl_zoo3_trains_and_evaluates(tmp_path: Path) -> None:
    hyperparameters = "policy: CnnPolicy\n  n_envs: 2\n  n_timesteps: 256\n  n_steps: 32\n  batch_size: 32\n"
    (tmp_path / "ppo.yml").write_text(f"cutout_rl/CutOut-v0:\n  {hyperparameters}")
    arguments = [f"{name}:{value}" for name, value in SMALL.items()]
    evaluation = ("--eval-freq", 64, "--eval-episodes", 2, "--n-eval-envs", 1)
    settings = ("--conf-file", "ppo.yml", "--env-kwargs", *arguments, "--eval-env-kwargs", *arguments)
    rest = ("--n-timesteps", 256, "--log-folder", "logs", "--device", "cpu", "--num-threads", 1)
    env = ("--env", "cutout_rl/CutOut-v0", "--gym-packages", "cutout_rl")
    output_of(tmp_path, "-m", "rl_zoo3.train", "--algo", "ppo", *env, *settings, *evaluation, *rest)
    (evaluations,) = tmp_path.rglob("evaluations.npz")
    with np.load(evaluations) as file:
        assert (file["ep_lengths"] == SMALL["step_count"]).all()
    assert list(tmp_path.rglob("best_model.zip"))


@needs("sb3_contrib")
@pytest.mark.parametrize("native", [True, False])
def test_maskable_ppo_draws_only_moves_that_mark_something(native: bool) -> None:
    from sb3_contrib import MaskablePPO

    games: Any = CutOutVecEnv(2, **SMALL) if native else gymnasium.make(ENV_ID, **SMALL)
    model = MaskablePPO("CnnPolicy", games, n_steps=16, batch_size=16, n_epochs=1, seed=0, device="cpu")
    model.learn(64)
    masks = model.rollout_buffer.action_masks.reshape(-1, 16).astype(bool)
    actions = model.rollout_buffer.actions.reshape(-1).astype(int)
    assert not masks.all()
    assert masks[np.arange(len(masks)), actions].all()
    assert [episode["l"] for episode in model.ep_info_buffer or []] == [4] * len(model.ep_info_buffer or [])


@needs("torchrl")
@pytest.mark.parametrize("observation", ["masked", "dict"])
def test_torchrl_finds_its_specs_kept(observation: str) -> None:
    from torchrl.envs import GymEnv, GymWrapper, check_env_specs

    check_env_specs(GymEnv(ENV_ID, observation=observation, **SMALL))
    games = gymnasium.make_vec(ENV_ID, num_envs=2, autoreset_mode="Disabled", observation=observation, **SMALL)
    check_env_specs(GymWrapper(games))


@needs("torchrl")
def test_torchrl_example_collects(tmp_path: Path) -> None:
    assert output_of(tmp_path, EXAMPLES / "collect_torchrl.py").count("(8, 30, 64, 64, 6)") == 3


@needs("tianshou")
def test_tianshou_trains_on_policy() -> None:
    from tianshou.algorithm import PPO
    from tianshou.algorithm.modelfree.reinforce import DiscreteActorPolicy
    from tianshou.algorithm.optim import AdamOptimizerFactory
    from tianshou.data import Collector, CollectStats, VectorReplayBuffer
    from tianshou.env import DummyVectorEnv
    from tianshou.trainer import OnPolicyTrainerParams
    from tianshou.utils.net.common import Net
    from tianshou.utils.net.discrete import DiscreteActor, DiscreteCritic

    games = DummyVectorEnv([lambda: gymnasium.make(ENV_ID, **SMALL)] * 2)
    network = Net(state_shape=games.observation_space[0].shape, hidden_sizes=[16])
    actor = DiscreteActor(preprocess_net=network, action_shape=16)
    algorithm = PPO(
        policy=DiscreteActorPolicy(actor=actor, action_space=games.action_space[0]),
        critic=DiscreteCritic(preprocess_net=network),
        optim=AdamOptimizerFactory(lr=1e-3),
    )
    buffer = VectorReplayBuffer(64, 2)
    training = OnPolicyTrainerParams(
        training_collector=Collector[CollectStats](algorithm, games, buffer),
        test_collector=None,
        max_epochs=1,
        epoch_num_steps=64,
        update_step_num_repetitions=1,
        batch_size=16,
        collection_step_num_env_steps=32,
    )
    result = algorithm.run_training(training)
    assert (result.train_step, result.train_episode, result.update_step) == (64, 16, 2)
    assert not buffer.truncated.any()


@needs("supersuit")
def test_supersuit_stacks_frames() -> None:
    from supersuit import frame_stack_v1

    games = [gymnasium.make(ENV_ID, **SMALL), frame_stack_v1(gymnasium.make(ENV_ID, **SMALL), 2)]
    (first, _), (stacked, _) = (game.reset(seed=0) for game in games)
    (second, *_), (stacked, *_) = (game.step(0) for game in games)
    assert games[1].observation_space.contains(stacked)
    assert np.array_equal(stacked, np.concatenate([first, second], axis=-1))


@needs("skrl")
def test_skrl_trains_on_the_native_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from skrl.agents.torch.ppo import PPO
    from skrl.envs.wrappers.torch import wrap_env
    from skrl.memories.torch import RandomMemory
    from skrl.trainers.torch import SequentialTrainer
    from skrl.utils.model_instantiators.torch import categorical_model, deterministic_model

    monkeypatch.chdir(tmp_path)
    games = wrap_env(gymnasium.make_vec(ENV_ID, num_envs=2, **SMALL))
    spaces = {"observation_space": games.observation_space, "action_space": games.action_space, "device": "cpu"}
    image, convolution = "permute(OBSERVATIONS, (0, 3, 1, 2))", {"out_channels": 4, "kernel_size": 8, "stride": 4}
    layers = [{"name": "net", "input": image, "layers": [{"conv2d": convolution}, "flatten"], "activations": "relu"}]
    models = {
        "policy": categorical_model(**spaces, network=layers, output="ACTIONS"),
        "value": deterministic_model(**spaces, network=layers, output="ONE"),
    }
    memory = RandomMemory(memory_size=16, num_envs=2, device="cpu")
    agent = PPO(models=models, memory=memory, cfg={"rollouts": 16, "learning_epochs": 1}, **spaces)
    # The first step only makes the parameters.
    settings = {"headless": True, "close_environment_at_exit": False}
    SequentialTrainer(env=games, agents=agent, cfg={**settings, "timesteps": 1}).train()
    before = [parameter.clone() for parameter in models["policy"].parameters()]
    SequentialTrainer(env=games, agents=agent, cfg={**settings, "timesteps": 32}).train()
    after = list(models["policy"].parameters())
    assert any((old != new).any() for old, new in zip(before, after, strict=True))


def test_cleanrl_example_trains(tmp_path: Path) -> None:
    assert output_of(tmp_path, EXAMPLES / "train_cleanrl.py", 0, 3840).count("mean final IoU 0.") == 2
