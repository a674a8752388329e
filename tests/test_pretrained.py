"""Pretrained agents: a published run plays like the run, its card states the measurements, and a wheel contains it."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
import torch
from command_line import TINY_RUN, MadeOnce, Run, assert_one_sentence, refusal_of
from safetensors import safe_open

from cutout_rl.agents import pretrained, publish, strokes
from cutout_rl.agents.algorithms.ppo import PPOConfig
from cutout_rl.agents.publishing.model_card import TAKEN_FROM
from cutout_rl.evaluation.comparison import load_players
from cutout_rl.evaluation.evaluation import Evaluation, evaluate, held_out_factory, held_out_images
from cutout_rl.experiments.evaluation_sets import real_data_folder
from cutout_rl.runs.algorithms import load_config
from cutout_rl.runs.pretrained import find_pretrained
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.utils.atomic_write import write_json
from cutout_rl.utils.errors import CutOutError
from cutout_rl.visualization.report_options import ReportOptions

ROOT = Path(__file__).parents[1]
FILES = {"README.md", "best.safetensors", "curves.png", "run.json", "table.json", "validation.csv"}
SHIPPED = sorted(record.parent.name for record in Path(pretrained.__path__[0]).glob("*/run.json"))
IMAGES = 3

Main = Callable[..., None]


@pytest.fixture(scope="session")
def site(ppo_run: Path, made_once: MadeOnce) -> Path:
    """Publish a tiny run into a package that is not installed; tests copy it before they change it."""

    def make(site: Path) -> None:
        with pytest.MonkeyPatch.context() as patch:
            flags = ("--images", str(IMAGES), "--among", str(site / "other_agents"))
            patch.setattr(sys, "argv", ["publish", str(ppo_run), "ppo-tiny", *flags])
            publish.main()
        (site / "other_agents" / "__init__.py").touch()
        metadata = site / "other_agents-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: other-agents\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text("[cutout_rl.pretrained]\nother-agents = other_agents\n")

    return made_once("site", make)


@pytest.fixture
def tiny(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install a copy of the package with the agent, and return the agent's folder."""
    own = Path(shutil.copytree(site, tmp_path / "site"))
    monkeypatch.syspath_prepend(own)
    monkeypatch.delitem(sys.modules, "other_agents", raising=False)
    return own / "other_agents" / "ppo-tiny"


@pytest.fixture
def publish_run(monkeypatch: pytest.MonkeyPatch) -> Main:
    def publish_run(*arguments: object) -> None:
        monkeypatch.setattr(sys, "argv", ["publish", *map(str, arguments)])
        publish.main()

    return publish_run


def play(run: RunFolder, n_images: int = IMAGES) -> list[Evaluation]:
    algorithm, config = load_config(run, "cpu")
    factory = held_out_factory(config.game_config(), "test")
    images = held_out_images(factory, n_images)
    return [evaluate(player, factory, images) for player in load_players(algorithm, config, run, "cpu")]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_published_agent_makes_the_moves_of_its_run(ppo_run: Path, tiny: Path) -> None:
    found = find_pretrained("ppo-tiny")
    assert found.path == tiny
    for before, after in zip(play(RunFolder(ppo_run)), play(found), strict=True):
        np.testing.assert_array_equal(before.actions, after.actions)
        np.testing.assert_array_equal(before.iou, after.iou)


def test_folder_holds_what_playing_needs_and_no_place_on_this_machine(ppo_run: Path, tiny: Path) -> None:
    assert {path.name for path in tiny.iterdir()} == FILES
    with safe_open(tiny / "best.safetensors", framework="pt") as file:
        assert {name.split(".")[0] for name in file.keys()} == {"policy"}  # noqa: SIM118 - the file is not a mapping
    record, published = (json.loads((folder / "run.json").read_text()) for folder in (ppo_run, tiny))
    assert str(ppo_run) in record["command"]
    seconds = RunFolder(ppo_run).read("validation.csv")["seconds"][-1]
    assert published == record | {"command": record["command"].replace(str(ppo_run), ppo_run.name), "seconds": seconds}
    assert (tiny / "validation.csv").read_bytes() == (ppo_run / "validation.csv").read_bytes()


@pytest.mark.parametrize(
    ("value", "cut"),
    [
        ("train --out /home/me/runs/one --data ../data/faces", "train --out one --data ../data/faces"),
        ("--data=/data/faces --seed 1", "--data=faces --seed 1"),
        ({"data": "/data", "masks": None, "seed": 1}, {"data": "data", "masks": None, "seed": 1}),
    ],
)
def test_absolute_paths_are_cut_to_their_last_part(value: object, cut: object) -> None:
    assert publish.without_folders(value) == cut


def test_evaluate_prints_the_table_of_the_card_again(run: Run, tiny: Path) -> None:
    done = run("evaluate", "--pretrained", "ppo-tiny", "--images", IMAGES)
    assert done.status == 0, done
    card = (tiny / "README.md").read_text()
    printed = [line.strip() for line in done.out.splitlines() if " ± " in line and "error" not in line]
    assert len(printed) == len(json.loads((tiny / "table.json").read_text())) > 2
    assert all(row in card for row in printed)


def test_card_states_how_the_agent_was_trained(tiny: Path) -> None:
    card = (tiny / "README.md").read_text()
    record = json.loads((tiny / "run.json").read_text())
    assert f"`{record['command']}`" in card
    assert "Seed: 0" in card
    assert f"{record['cores']} cores" in card
    for setting, value in record["config"].items():
        assert f"| {setting} | {value} |" in card
    for package, version in record["versions"].items():
        assert f"{package} {version}" in card
    for evaluation in play(RunFolder(tiny)):
        if f"- {evaluation.label} is the better of the two modes" in card:
            assert f"below 0.5 on {(evaluation.iou[:, -1] < 0.5).sum()} of {IMAGES} images" in card
            break
    else:
        pytest.fail("the card names neither mode of play")


@pytest.mark.parametrize("flag", ["init", "prior_from"])
def test_card_names_the_run_that_weights_came_from(
    publish_run: Main, ppo_run: Path, own_run: Path, tmp_path: Path, flag: str
) -> None:
    record = json.loads((own_run / "run.json").read_text())
    record["config"][flag] = str(ppo_run)
    (own_run / "run.json").write_text(json.dumps(record))
    first = json.loads((ppo_run / "run.json").read_text())
    publish_run(own_run, "child", "--images", 1, "--among", tmp_path / "agents")
    card = (tmp_path / "agents" / "child" / "README.md").read_text()
    assert f"{TAKEN_FROM[flag]} a run of" in card
    assert card.count(publish.without_folders(first["command"])) == 2
    assert str(ppo_run) not in (tmp_path / "agents" / "child" / "run.json").read_text()


def test_runs_that_take_weights_from_each_other_are_refused_in_a_sentence(tmp_path: Path) -> None:
    one, other = (RunFolder(tmp_path / name) for name in ("one", "other"))
    for run, ancestor in ((one, other), (other, one)):
        run.create(PPOConfig(init=str(ancestor.path)).as_json())
        run.append("validation.csv", {"timesteps": 1, "seconds": 1, "greedy_final": 0.5})
    said = refusal_of(lambda: publish.lineage(one))
    assert f"{one.path} and {other.path} take weights from each other" in said
    record = other.record()
    record["config"]["init"] = str(other.path)
    write_json(other.path / "run.json", record)
    assert "take weights from each other" in refusal_of(lambda: publish.lineage(other))


@pytest.mark.parametrize("flag", ["--prior-from", "--init"])
def test_weights_of_a_pretrained_agent_can_be_reused(
    run: Run, publish_run: Main, tiny: Path, tmp_path: Path, flag: str
) -> None:
    rest = ("--batch-size", 16, "--total-timesteps", 16, "--out", tmp_path / "run")
    assert run("train", "--algo", "ppo", *TINY_RUN, *rest, flag, "ppo-tiny").status == 0
    with (
        safe_open(tmp_path / "run" / "best.safetensors", "np") as new,
        safe_open(tiny / "best.safetensors", "np") as old,
    ):
        names = [name for name in old.keys() if "object_net" in name]  # noqa: SIM118
        assert names
        assert all(np.array_equal(new.get_tensor(name), old.get_tensor(name)) for name in names)
    publish_run(tmp_path / "run", "child", "--images", 1, "--among", tmp_path / "agents")
    card = (tmp_path / "agents" / "child" / "README.md").read_text()
    assert TAKEN_FROM[flag.strip("-").replace("-", "_")] in card
    unknown = run("train", "--algo", "ppo", *TINY_RUN, *rest[:-1], tmp_path / "other", flag, "ppo-tinny")
    assert_one_sentence(unknown, "no run or pretrained agent 'ppo-tinny'", "did you mean 'ppo-tiny'")
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--init", "bc-faces", "--prior-from", "nosuch"), ("--init brings the object prior", "--prior-from")),
        (("--network", "crops", "--prior-from", "bc-faces"), ("--prior-from needs --network prior", "'crops'")),
    ],
)
def test_prior_that_would_be_ignored_is_refused(
    run: Run, tmp_path: Path, flags: tuple[str, ...], said: tuple[str, ...]
) -> None:
    assert_one_sentence(run("train", *TINY_RUN, *flags, "--out", tmp_path / "run"), *said)


def test_seed_reaches_sampled_moves(run: Run, tiny: Path) -> None:
    folder = RunFolder(tiny)
    algorithm, config = load_config(folder, "cpu")
    factory = held_out_factory(config.game_config(), "test")
    played = []
    for seed in (0, 0, 1):
        players = load_players(algorithm, config, folder, "cpu", seed)
        played.append([evaluate(player, factory, range(IMAGES)).actions.tolist() for player in players])
    (greedy, sampled), again, (other_greedy, other_sampled) = played
    assert [greedy, sampled] == again
    assert greedy == other_greedy
    assert sampled != other_sampled
    # The command differs from these players with seed 0 in its start points only, so compare what it is told.
    seeds = []
    with pytest.MonkeyPatch.context() as patch:
        load_player = type(algorithm).load_player
        patch.setattr(type(algorithm), "load_player", lambda *given: (seeds.append(given[-1]), load_player(*given))[1])
        assert run("evaluate", "--pretrained", "ppo-tiny", "--images", 1, "--no-baselines", "--seed", 7).status == 0
    assert seeds == [7, 7]


@pytest.mark.parametrize("flags", [("--skip-bad",), ("--masks-class", 7), ("--masks-frame", "stored")])
def test_flags_of_other_images_need_these_images(run: Run, flags: tuple[object, ...]) -> None:
    assert_one_sentence(run("evaluate", "--pretrained", "bc-faces", *flags), f"{flags[0]}", "--data")


def test_baselines_can_be_left_out(run: Run, tiny: Path) -> None:
    done = run("evaluate", "--pretrained", "ppo-tiny", "--images", 1, "--no-baselines")
    assert "ppo, greedy" in done.out
    assert "random pens" not in done.out


def test_pictures_of_a_pretrained_agent_do_not_go_among_the_packages(tiny: Path) -> None:
    assert ReportOptions(pretrained="ppo-tiny").folder() == Path("runs/ppo-tiny/visualize")
    assert ReportOptions(run=tiny).folder() == tiny / "visualize"


def test_strokes_are_printed_as_on_the_card(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["strokes", "--pretrained", "ppo-tiny", "--images", str(IMAGES)])
    monkeypatch.setenv("COLUMNS", "120")
    strokes.main()
    rows = [line.rstrip() for line in capsys.readouterr().out.splitlines() if "°" in line]
    assert {"ppo, greedy", "tracing expert *"} <= {row.split("   ")[0].strip() for row in rows}
    card = (tiny / "README.md").read_text()
    assert all(row in card for row in rows)


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--pretrained", "ppo-tony"), ("'ppo-tony'", "did you mean 'ppo-tiny'")),
        (("somewhere", "--pretrained", "ppo-tiny"), ("two agents", "name only one")),
        ((), ("No agent is named", "--pretrained NAME")),
    ],
)
@pytest.mark.parametrize("module", ["evaluate", "visualize"])
@pytest.mark.usefixtures("tiny")
def test_agent_that_is_not_there_is_refused(
    run: Run, module: str, flags: tuple[str, ...], said: tuple[str, ...]
) -> None:
    assert_one_sentence(run(module, *flags), *said)


def test_damaged_weights_are_refused(run: Run, tiny: Path) -> None:
    (tiny / "best.safetensors").write_bytes((tiny / "best.safetensors").read_bytes()[:1000])
    assert_one_sentence(run("evaluate", "--pretrained", "ppo-tiny"), "best.safetensors is damaged")


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without GPU")
def test_agent_trained_on_a_gpu_plays_without_one(tiny: Path) -> None:
    record = json.loads((tiny / "run.json").read_text())
    record["config"]["device"] = "cuda"
    (tiny / "run.json").write_text(json.dumps(record))
    assert len(play(RunFolder(tiny), 1)) == 2


def test_publishing_refuses_what_it_cannot_and_leaves_all_as_it_was(
    publish_run: Main, own_run: Path, tiny: Path, tmp_path: Path
) -> None:
    before = contents(tiny.parent)
    among = ("--images", 1, "--among", tiny.parent)
    with pytest.raises(CutOutError, match="already exists; add --overwrite"):
        publish_run(own_run, "ppo-tiny", *among)
    with pytest.raises(CutOutError, match="'PPO tiny' may contain only"):
        publish_run(own_run, "PPO tiny", *among)
    with pytest.raises(CutOutError, match="contains no run"):
        publish_run(tmp_path, "nothing", *among)
    with pytest.raises(CutOutError, match="images is 0"):
        publish_run(own_run, "ppo-tiny", *among, "--images", 0, "--overwrite")
    (own_run / "best.safetensors").write_bytes(b"")
    with pytest.raises(CutOutError, match="damaged"):
        publish_run(own_run, "ppo-tiny", *among, "--overwrite")
    (own_run / "validation.csv").unlink()
    with pytest.raises(CutOutError, match=r"has no validation\.csv"):
        publish_run(own_run, "new", *among)
    assert contents(tiny.parent) == before
    assert {path.name for path in tiny.parent.iterdir()} - {"__pycache__"} == {"__init__.py", "ppo-tiny"}


def test_terminated_publishing_says_what_it_does_and_leaves_nothing(own_run: Path, tmp_path: Path) -> None:
    among = tmp_path / "agents"
    command = ["-m", "cutout_rl.agents.publish", str(own_run), "tiny", "--images", "5000", "--among", str(among)]
    with subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "measuring the agent and the baselines on 5000 images, test 1000-5999\n"
        assert list(among.iterdir())
        process.terminate()
    assert process.returncode == 143
    assert list(among.iterdir()) == []


def test_overwriting_replaces_the_whole_folder(publish_run: Main, own_run: Path, tiny: Path) -> None:
    (tiny / "left-over").touch()
    publish_run(own_run, "ppo-tiny", "--images", 1, "--among", tiny.parent, "--overwrite")
    assert {path.name for path in tiny.iterdir()} == FILES
    assert json.loads((tiny / "table.json").read_text())[0]["images"] == 1
    assert [path.name for path in tiny.parent.iterdir() if path.name.startswith(".")] == []


def test_wheel_holds_the_agents_and_what_publishing_needs(tiny: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    for room in ("cutout_rl", "agents", "experiments"):
        shutil.copytree(ROOT / room, source / room, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(tiny, source / "agents" / "pretrained" / "ppo-tiny")
    build = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, tmp_path], cwd=source, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (points,) = (archive.read(name).decode() for name in names if name.endswith("/entry_points.txt"))
    agents = "cutout_rl/agents"
    assert {f"{agents}/pretrained/ppo-tiny/{name}" for name in FILES} <= names
    assert {f"{agents}/pretrained/__init__.py", f"{agents}/publishing/templates/model_card.md"} <= names
    assert "cutout_rl/experiments/report/templates/report.html" in names
    assert "[cutout_rl.pretrained]\ncutout-rl = cutout_rl.agents.pretrained\n" in points


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_agent_is_whole_small_and_plays(name: str) -> None:
    folder = Path(pretrained.__path__[0]) / name
    assert {path.name for path in folder.iterdir()} == FILES
    assert sum(path.stat().st_size for path in folder.iterdir()) < 10_000_000
    assert json.loads((folder / "run.json").read_text())["config"]["data"] != "faces" or play(RunFolder(folder), 1)


@pytest.mark.slow
@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_agent_plays_as_its_card_states(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run = RunFolder(Path(pretrained.__path__[0]) / name)
    data = run.config()["data"]
    if data != "faces":
        if not (real_data_folder() / data).is_dir():
            pytest.skip(f"the images of {data} are not on this machine")
        monkeypatch.chdir(real_data_folder())
    table = json.loads((run.path / "table.json").read_text())
    for row, again in zip(table, play(run, table[0]["images"]), strict=False):
        assert again.label == row["player"]
        # Another machine's rounding may change a move between near ties.
        assert again.final == pytest.approx(row["final_iou"], abs=0.01)


def test_published_agent_is_not_resumed_and_stays_whole(run: Run, site: Path, tmp_path: Path) -> None:
    folder = tmp_path / "ppo-tiny"
    shutil.copytree(site / "other_agents" / "ppo-tiny", folder)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert_one_sentence(run("train", "--resume", folder), "--init")
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
