"""What the pages show works, from a package of its own, and what they say is so."""

import re
from pathlib import Path
from typing import get_args

import gymnasium
import numpy as np
import pytest
from command_line import TINY_GAME, Run
from scenes import blob_sample
from test_layering import LAYERS

from cutout_rl.annotation.export import Export
from cutout_rl.annotation.start_points_file import COLUMNS
from cutout_rl.data import PROCEDURAL, open_source
from cutout_rl.data.published.dataset_source import GRID, LEAST_SHARE
from cutout_rl.data.registry import DATASETS
from cutout_rl.experiments.report.studies import STUDIES
from cutout_rl.segmenters import GraphCutSegmenter, make_segmenter
from cutout_rl.utils.errors import CutOutError

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def code_of(page: Path) -> list[str]:
    return [block.split("```")[0] for block in page.read_text().split("```python\n")[1:]]


def rows_of(page: Path, first_header: str) -> list[list[str]]:
    table = page.read_text().split(f"\n| {first_header} |")[1].split("\n\n")[0]
    return [[cell.strip(' `"') for cell in line.strip("|").split("|")] for line in table.split("\n")[2:]]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install the pages' files as a package, with the entry points that the pages name."""
    pages = [(DOCS / f"{name}.md").read_text() for name in ("add_an_algorithm", "add_a_data_source", "add_a_segmenter")]
    tables = [page.split("```toml\n")[1].split("```")[0].replace("project.entry-points.", "") for page in pages]
    information = tmp_path / "my_package-1.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: my-package\nVersion: 1\n")
    (information / "entry_points.txt").write_text("\n".join(tables).replace('"', ""))
    monkeypatch.syspath_prepend(DOCS)
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("package")
def test_segmenter_of_the_page_is_played_with() -> None:
    segmenter = make_segmenter("nearest")
    sample = blob_sample(9, 0)
    inside, outside = np.zeros((2, 9, 9), bool)
    inside[2, 3] = outside[7, 7] = True
    mask = segmenter.segment(sample.image, inside, outside)
    near = [[(r - 2) ** 2 + (c - 3) ** 2 < (r - 7) ** 2 + (c - 7) ** 2 for c in range(9)] for r in range(9)]
    assert mask.tolist() == near
    env = gymnasium.make("cutout_rl/CutOut-v0", image_size=32, step_count=3, reward="iou", segmenter="nearest")
    env.reset(seed=0)
    assert 0 <= env.step(0)[1] <= 1  # type: ignore[operator]


@pytest.mark.usefixtures("package")
def test_data_source_of_the_page_keeps_its_splits_apart() -> None:
    train, again, test = (open_source("discs", split, 40) for split in ("train", "train", "test"))
    assert len(train) == 1000
    assert np.array_equal(train[3].image, again[3].image)
    assert not np.array_equal(train[3].image, test[3].image)
    assert train[3].image.shape == (40, 40, 3)
    assert 0 < train[3].mask.sum() < train[3].mask.size


def test_installed_source_may_take_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    information = tmp_path / "my_package-1.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: my-package\nVersion: 1\n")
    (information / "entry_points.txt").write_text("[cutout_rl.data]\nbooks = my_books:Books\n")
    (tmp_path / "my_books.py").write_text("class Books(list):\n    def __init__(self, *given): self.given = given\n")
    monkeypatch.syspath_prepend(tmp_path)
    with_folder, without = (open_source(data, "val", 40) for data in (f"books:{tmp_path}", "books"))
    assert with_folder.given == ("val", 40, None, tmp_path)  # type: ignore[attr-defined]
    assert without.given == ("val", 40, None)  # type: ignore[attr-defined]


@pytest.mark.usefixtures("package")
def test_algorithm_of_the_page_is_trained_on_the_data_of_the_page(run: Run, tmp_path: Path) -> None:
    budget = ("--total-timesteps", 200, "--n-envs", 4, "--test-images", 2, "--exploration", 0.5)
    outcome = run(
        "train", "--algo", "bandit", "--data", "discs", *TINY_GAME, *budget, "--seed", 1, "--out", tmp_path / "run"
    )
    assert outcome.status == 0, outcome
    assert "bandit, greedy" in outcome.out
    assert len((tmp_path / "run" / "gains.json").read_text().split(",")) == 16


def test_without_the_package_the_names_are_unknown() -> None:
    with pytest.raises(CutOutError, match="no segmenter 'nearest'"):
        make_segmenter("nearest")
    with pytest.raises(CutOutError, match="discs"):
        open_source("discs", "train", 40)


@pytest.mark.parametrize("name", STUDIES)
def test_page_of_the_studies_describes_each(name: str) -> None:
    assert f"| `{name}` | {STUDIES[name].found} |" in (DOCS / "studies.md").read_text()


def test_page_of_the_energy_has_its_constants() -> None:
    page = (DOCS / "energy.md").read_text()
    ours = GraphCutSegmenter()
    assert f"U_p = {ours.geodesic_weight}\\," in page
    assert f"-{ours.colour_clip:.0f},\\, {ours.colour_clip:.0f}" in page
    assert f"\\frac{{{ours.pairwise_weight:.0f}}}{{1 +" in page


def test_example_of_the_annotations_page_runs() -> None:
    page = (DOCS / "annotate.md").read_text()
    (example,) = (block.split("```")[0] for block in page.split("```python\n")[1:])
    names: dict[str, object] = {}
    exec(example, names)
    assert "annotation" in names


def test_page_of_the_annotations_names_every_format() -> None:
    page = (DOCS / "annotate.md").read_text()
    for kind in get_args(Export):
        assert f"`{kind}`" in page
    assert ",".join(COLUMNS) in page


def test_page_of_the_data_sources_names_every_kind() -> None:
    page = (DOCS / "data_sources.md").read_text()
    assert all(f"| `{kind}` |" in page for kind in DATASETS)
    assert all(f"`{name}`" in page for name in PROCEDURAL)
    assert f"less than 1/{round(1 / LEAST_SHARE)} of them" in page
    assert f"{GRID} x {GRID} points" in page


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", DOCS / "index.md", DOCS / "clients.md"], ids=lambda page: page.stem
)
def test_python_of_the_page_runs(page: Path) -> None:
    for code in code_of(page):
        exec(code, {})


def test_training_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (loop,) = (code for code in code_of(DOCS / "train_your_own_agent.md") if "include" not in code)
    assert "range(100)" in loop
    exec(loop.replace("range(100)", "range(1)"), {})


def test_stable_baselines3_example_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    code = (DOCS / "examples" / "train_sb3.py").read_text()
    assert code.count('"n_steps": 64, "batch_size": 512') == 1
    monkeypatch.setattr("sys.argv", ["train_sb3.py", "5", "1", "2"])
    exec(code.replace('"n_steps": 64, "batch_size": 512', '"n_steps": 2, "batch_size": 32'), {})
    assert (tmp_path / "sb3-5.zip").exists()
    labels = [line.split(": 0.")[0] for line in capsys.readouterr().out.splitlines()]
    assert labels == ["random pens", "PPO, greedy", "PPO, sampled"]


def test_torchrl_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torchrl")
    exec((DOCS / "examples" / "collect_torchrl.py").read_text(), {})
    assert capsys.readouterr().out.count("(8, 30, 64, 64, 6)") == 3


def test_worked_reward_of_the_environment_page_is_right(capsys: pytest.CaptureFixture[str]) -> None:
    page = DOCS / "environment.md"
    names: dict[str, object] = {}
    first, moves_left, *_, worked = code_of(page)
    exec(first, names)
    assert "(64, 64, 6)" in first
    assert np.shape(names["observation"]) == (64, 64, 6)  # type: ignore[arg-type]
    assert "(412, 384, 3)" in first
    assert np.shape(names["frame"]) == (412, 384, 3)  # type: ignore[arg-type]
    exec(moves_left, names)
    parts = names["observation"]
    assert isinstance(parts, dict)
    assert [parts[key].shape for key in ("image", "scribbles", "mask")] == [(64, 64, 3), (64, 64, 2), (64, 64, 1)]
    assert parts["moves_left"].tolist() == [1]
    exec(worked, names)
    printed = dict(line.split(" ", 1) for line in capsys.readouterr().out.splitlines())
    (_, start, *ious, _), *rewards = rows_of(page, "reward")
    assert [row[0] for row in rewards] == list(printed)
    env = gymnasium.make("cutout_rl/CutOut-v0", split="test", step_count=2)
    infos = [env.reset(seed=7)[1], *(env.step(action)[4] for action in (6, 5))]  # type: ignore[arg-type]
    assert [f"{info['iou']:.3f}" for info in infos] == [start, *ious]
    for name, _, *steps, total in rewards:
        assert " ".join(steps) == printed[name]
        assert float(total) == pytest.approx(sum(map(float, steps)), abs=0.0015)


def test_architecture_page_has_the_rooms_and_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(DOCS)
    import architecture  # type: ignore[import-not-found]

    layers = [architecture.room_of(f"cutout_rl.{name}") for layer in LAYERS for name in layer]
    assert [row[0] for row in rows_of(DOCS / "architecture.md", "room")] == list(dict.fromkeys(layers))
    drawing = architecture.draw()
    assert all(f">{room}</text>" in drawing for room in layers)


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_links_of_the_page_lead_to_files(name: str) -> None:
    targets = re.findall(r"\]\(([^)#]+)", (ROOT / name).read_text())
    assert targets
    assert not [target for target in targets if "://" not in target and not (ROOT / target).exists()]
