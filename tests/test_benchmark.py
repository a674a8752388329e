"""The benchmark for real on a tiny budget: interrupted and resumed, a fault, an external agent."""

import fcntl
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event

import gymnasium
import numpy as np
import pytest
from command_line import TINY_RUN, Run, rows
from numpy.typing import NDArray
from PIL import Image
from stable_baselines3 import PPO

from cutout_rl.agents.baselines.scripted import StillPens
from cutout_rl.evaluation.evaluation import evaluate, held_out_factory
from cutout_rl.experiments.benchmark.__main__ import main
from cutout_rl.experiments.benchmark.agent_specs import training_flags
from cutout_rl.experiments.benchmark.baselines import FULL_SCRIBBLES
from cutout_rl.experiments.benchmark.benchmark_flags import Arguments
from cutout_rl.experiments.benchmark.jobs import run_folder
from cutout_rl.experiments.benchmark.summary import summarise
from cutout_rl.experiments.jobs import training_process
from cutout_rl.experiments.jobs.training_process import train
from cutout_rl.experiments.scores import (
    MEASURES,
    Score,
    ScoredPlayer,
    by_player,
    read_scores,
    scores_of,
    write_scores,
)
from cutout_rl.game.config import GameConfig
from cutout_rl.game.game import Game
from cutout_rl.utils.errors import CutOutError

TINY_PPO = "ppo --prior-episodes 4 --prior-steps 1 --n-envs 2 --n-steps 8 --batch-size 16 --eval-images 2"
TINY = ("--settings", "6x5", "--image-size", "36", "--observation-size", "36", "--images", "3", "--oracle-images", "2")
BASELINES: dict[str, str] = {
    "still pens": "scripted",
    "random pens": "scripted",
    "side-keeping pens": "oracle",
    "one-step oracle": "oracle",
    "tracing expert": "oracle",
    "beam oracle": "oracle",
    FULL_SCRIBBLES: "oracle",
}
ROOT = Path(__file__).parents[1]

Benchmark = Callable[..., None]


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> Benchmark:
    """Run the command in this process; errors are raised as exceptions."""

    def benchmark(*flags: object) -> None:
        monkeypatch.setattr(sys, "argv", ["benchmark", *map(str, flags)])
        main()

    return benchmark


class Broken(StillPens):
    """A player with a fault."""

    def __init__(self, seed: int, deterministic: bool) -> None:
        self.label = f"broken {seed} {deterministic}"

    def act(self, observations: NDArray[np.uint8], games: Sequence[Game]) -> NDArray[np.int64]:
        raise RuntimeError("the pen broke")


class Cheat(Broken):
    sees_truth = True


def test_interrupted_benchmark_resumes_and_a_fault_costs_nothing_else(
    benchmark: Benchmark, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "results"
    flags = (*TINY, "--seeds", "0", "1", "--total-timesteps", "64", "--out", str(out))
    first, second = (
        run_folder(Arguments(settings=("6x5",), out=out), TINY_PPO, "6x5", seed) / "scores.csv" for seed in (0, 1)
    )
    command = [sys.executable, "-m", "cutout_rl.experiments.benchmark", "--agents", f"tiny: {TINY_PPO}", *flags]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    # However long the first run takes on a busy machine: a deadline would stop the benchmark before it.
    while not first.exists() and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    printed, errors = process.communicate()
    assert process.returncode == 130, errors
    assert "run the same command to resume" in printed
    assert first.exists()
    assert not second.exists()
    before = {path: path.stat().st_mtime_ns for path in (*first.parent.iterdir(), *out.glob("baselines/*/*"))}

    with pytest.raises(CutOutError, match=r"2 of 11 jobs failed.*tries them again"):
        benchmark("--agents", f"tiny: {TINY_PPO}", f"broken: {__name__}:Broken", *flags)
    printed = capfd.readouterr().out
    assert "8 of 11 jobs are done already" in printed
    assert "RuntimeError: the pen broke" in printed
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert [float(row["timesteps"]) for row in rows(second.parent / "validation.csv")] == [0, 64]

    scores = read_scores(out / "scores.csv")
    final = by_player(scores, "6x5", "final")
    plays = ("greedy", "sampled", "prior alone", "prior and cut", "tracing the prior")
    trained = {ScoredPlayer("tiny", play) for play in plays}
    assert final.keys() == trained | {ScoredPlayer(*baseline) for baseline in BASELINES.items()}
    assert all(final[player].shape == (2, 3) for player in trained)
    assert final[ScoredPlayer("beam oracle", "oracle")].shape == (1, 2)
    table = (out / "tables.txt").read_text()
    assert all(player.label in table for player in final)
    assert "6x5: IoU on faces, test 1000-1002" in table
    summary = json.loads((out / "summary.json").read_text())["6x5"]
    assert (summary["split"], summary["first_image"]) == ("test", 1000)
    measured = {(row["agent"], row["play"], row["measure"]): row for row in summary["scores"]}
    assert measured["tiny", "greedy", "@20"]["runs"] == 2
    assert measured["tiny", "prior alone", "final"] == measured["tiny", "prior alone", "@20"] | {"measure": "final"}
    assert measured["still pens", "scripted", "final"]["interval"] is None
    greedy = measured["tiny", "greedy", "final"]
    assert greedy["run_means"] == pytest.approx(final[ScoredPlayer("tiny", "greedy")].mean(axis=1))
    assert np.mean(greedy["mean_interval"]) == pytest.approx(greedy["mean"])
    assert f"{min(greedy['run_means']):.3f}-{max(greedy['run_means']):.3f}" in table
    still = evaluate(StillPens(), held_out_factory(game(), "test"), range(1000, 1003))
    assert measured["still pens", "scripted", "best"]["mean"] == pytest.approx(still.final)
    for name in ("intervals", "profiles", "improvement-6x5", "learning-curves"):
        with Image.open(out / f"{name}.png") as picture:
            picture.verify()

    with pytest.raises(CutOutError, match=r"holds results with --images 3; give the same"):
        benchmark("--agents", TINY_PPO, *flags, "--images", 4)


def game() -> GameConfig:
    return Arguments(image_size=36, observation_size=36, settings=("6x5",)).game("6x5")


def test_sb3_model_enters_by_the_example_of_the_docs(
    benchmark: Benchmark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(ROOT / "docs")
    env = gymnasium.make("cutout_rl/CutOut-v0", image_size=36, step_len=6, step_count=5)
    PPO("CnnPolicy", env, n_steps=8, batch_size=8, seed=0).learn(8).save("my-models/seed-0")
    benchmark("--agents", "mine: enter_an_agent:MyAgent", *TINY, "--seeds", 0)
    assert "mine, sampled" in capfd.readouterr().out
    results = tmp_path / "results" / "benchmark"
    final = by_player(read_scores(results / "scores.csv"), "6x5", "final")
    assert final[ScoredPlayer("mine", "greedy")].shape == (1, 3)
    # The page shows the very class, without its types and documentation.
    page = (ROOT / "docs" / "benchmark.md").read_text()
    source = (ROOT / "docs" / "enter_an_agent.py").read_text()
    assert all(line in page for line in source.splitlines() if "self._" in line or "class " in line)


def test_scores_come_back_as_they_were_written(tmp_path: Path) -> None:
    evaluation = evaluate(StillPens(), held_out_factory(game(), "test"), range(2))
    scores = scores_of(evaluation, "still, pens", "6x5", 3, "scripted")
    assert {score.measure for score in scores} == set(MEASURES)
    write_scores(tmp_path / "scores.csv", scores)
    assert read_scores(tmp_path / "scores.csv") == scores
    (tmp_path / "scores.csv").write_text("agent,seed\nppo,zero\n")
    with pytest.raises(CutOutError, match="is damaged; delete it"):
        read_scores(tmp_path / "scores.csv")


def test_measures_of_an_episode() -> None:
    evaluation = evaluate(StillPens(), held_out_factory(game(), "test"), range(1))
    evaluation.iou[0] = [0.1, 0.2, 0.9, 0.4, 0.5, 0.3]
    measured = {score.measure: score.value for score in scores_of(evaluation, "", "", 0, "scripted")}
    assert measured == {"final": 0.3, "best": 0.9, "@1": 0.2, "@5": 0.3, "@10": 0.3, "@20": 0.3}


def test_settings_are_summarised_one_by_one_and_together() -> None:
    def rows_of(agent: str, play: str, setting: str, values: Sequence[Sequence[float]]) -> list[Score]:
        return [
            Score(agent, setting, seed, play, f"image {i}", "final", value)
            for seed, images in enumerate(values)
            for i, value in enumerate(images)
        ]

    scores = [
        *rows_of("slow", "oracle", "18x30", [[0.5]]),
        *rows_of("slow", "oracle", "8x60", [[0.7]]),
        *rows_of("mine", "greedy", "18x30", [[0.4, 0.9], [0.6, 0.9]]),
        *rows_of("mine", "greedy", "8x60", [[0.8, 0.1]]),
        *rows_of("other", "greedy", "8x60", [[0.9, 0.9]]),
    ]
    first, second, together = summarise(scores, ["18x30", "8x60"])
    mine, other, slow = ScoredPlayer("mine", "greedy"), ScoredPlayer("other", "greedy"), ScoredPlayer("slow", "oracle")
    # Agents come before oracles; a player without one of the settings is left out of their summary.
    assert [list(summary.aggregates) for summary in (first, second, together)] == [
        [mine, slow],
        [mine, other, slow],
        [mine, slow],
    ]
    # Sorted, 0.1 0.4 0.6 0.8 0.9 0.9 lose one at each end.
    aggregate = together.aggregates[mine]["final"]
    assert (aggregate.runs, aggregate.images) == (3, 2)
    assert aggregate.iqm == pytest.approx((0.4 + 0.6 + 0.8 + 0.9) / 4)
    assert aggregate.interval is not None
    assert second.aggregates[mine]["final"].interval is None
    # Against the slow oracle only its image counts: one run of two there, and the only run here.
    assert first.improvements[mine, slow].probability == 0.5
    assert together.improvements[mine, slow].probability == (0.5 + 1) / 2
    assert second.improvements.keys() == {(mine, other), (mine, slow), (other, mine), (other, slow)}


def test_minutes_end_a_training_and_are_not_given_again(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_here(module: str, flags: Sequence[str], log: Path, stop: Event, report: Callable[[], None]) -> None:
        assert run(module.removeprefix("cutout_rl."), *flags).status == 0
        report()

    monkeypatch.setattr(training_process, "run_module", run_here)
    folder = tmp_path / "run"
    flags = [*TINY_RUN, "--batch-size", "16"]
    said: list[str] = []
    train(flags, None, 0.01, folder, Event(), said.append)
    learnt = rows(folder / "metrics.csv")
    assert said[-1].endswith("steps")
    # What was learnt is validated, though no validation was due yet, and may so be scored.
    validated = rows(folder / "validation.csv")
    assert [row["timesteps"] for row in validated] == ["0", learnt[-1]["timesteps"]]
    assert float(validated[-1]["seconds"]) >= 0.6  # the last update may have ended a moment before
    train(flags, None, 0.01, folder, Event(), said.append)
    assert rows(folder / "metrics.csv") == learnt
    assert rows(folder / "validation.csv") == validated


def test_run_that_is_still_being_trained_is_left_alone(tmp_path: Path) -> None:
    with (tmp_path / "training.log").open("w") as log:
        fcntl.flock(log, fcntl.LOCK_EX)
        with pytest.raises(CutOutError, match="still at work"):
            train([], 8, None, tmp_path, Event(), lambda text: None)
    assert not (tmp_path / "run.json").exists()


def test_training_that_fails_reports_its_message(tmp_path: Path) -> None:
    with pytest.raises(CutOutError, match=r"^There is no algorithm 'pppo'; did you mean 'ppo'\?"):
        train(["--algo", "pppo"], 8, None, tmp_path / "run", Event(), lambda text: None)


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (("--agents", "pppo"), "There is no algorithm 'pppo'; did you mean 'ppo'"),
        (("--agents", "ppo --step-len 4"), "'ppo --step-len 4' changes the game; define it with --settings"),
        (("--agents", "no_such_module:Agent"), "'no_such_module:Agent' cannot be imported"),
        (("--agents", f"{__name__}:Nobody"), "cannot be imported"),
        (("--agents", "one: ppo", "one: a2c"), "--agents must name at least one, and none twice"),
        (("--settings", "18-30"), "The setting '18-30' is not STEP_LENxSTEP_COUNT, such as 18x30"),
        (("--settings", "18x0"), "step_count is 0"),
        (("--jobs", 0), "jobs is 0, but must be between 1"),
        (("--minutes", 1, "--total-timesteps", 8), "give one of them"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_done(
    benchmark: Benchmark, tmp_path: Path, flags: tuple[object, ...], sentence: str
) -> None:
    with pytest.raises(CutOutError) as refused:
        benchmark(*flags, "--out", tmp_path / "results")
    assert sentence in str(refused.value)
    assert not (tmp_path / "results").exists()


def test_player_that_sees_the_truth_is_no_agent(benchmark: Benchmark, tmp_path: Path) -> None:
    with pytest.raises(CutOutError, match="1 of 8 jobs failed"):
        benchmark("--agents", f"{__name__}:Cheat", *TINY, "--seeds", 0, "--out", tmp_path / "results")


@pytest.mark.parametrize(
    "flags", ["--gamma 1 --reward end", "--gamma 0.9 --reward shaped", "--observation layers --prior masks"]
)
def test_what_only_an_agent_learns_from_is_free(flags: str) -> None:
    assert "ppo" in training_flags(f"ppo {flags}", Arguments().game("18x30"), 0)


def test_seed_stands_in_for_its_place_in_an_agents_flags() -> None:
    game = GameConfig(image_size=32, observation_size=32, step_len=6, step_count=5)
    flags = training_flags("a2c --init clones/seed-{seed}", game, 7)
    assert flags[flags.index("--init") + 1] == "clones/seed-7"
    assert flags[flags.index("--seed") + 1] == "7"


def test_class_of_masks_reaches_the_trainings() -> None:
    arguments = Arguments(data="photos", masks="classes", masks_class=15, settings=("6x5",))
    game = arguments.game("6x5")
    assert (game.masks, game.masks_class) == ("classes", 15)
    flags = training_flags("a2c", game, 0)
    assert flags[flags.index("--masks-class") + 1] == "15"
    assert "--masks-class" not in training_flags("a2c", replace(game, masks_class=None), 0)
