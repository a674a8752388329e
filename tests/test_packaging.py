"""One import name: what the wheel and the editable install put into site-packages, and what the tools see."""

import json
import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from zipfile import ZipFile

import pytest
from mypy.fscache import FileSystemCache
from mypy.modulefinder import FindModuleCache, SearchPaths
from mypy.options import Options

ROOT = Path(__file__).parents[1]
SOURCES = ("cutout_rl", "agents", "experiments")
COMMANDS = {entry.name: entry.value for entry in entry_points(group="cutout_rl.commands")}


def tracked(*patterns: str) -> list[Path]:
    """Return the files that git tracks or would, of some patterns."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", *patterns]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return [Path(name) for name in names if name and ((ROOT / name).exists() or (ROOT / name).is_symlink())]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the files, links included, so that building leaves nothing in the checkout."""
    folder = tmp_path_factory.mktemp("source")
    for name in tracked():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_symlink():
            target.symlink_to(os.readlink(ROOT / name))
        else:
            target.write_bytes((ROOT / name).read_bytes())
    return folder


def build(source: Path, kind: str, out: Path) -> ZipFile:
    code = f"from setuptools import build_meta as backend; backend.build_{kind}({str(out)!r})"
    subprocess.run([sys.executable, "-c", code], cwd=source, check=True, capture_output=True)
    (wheel,) = out.glob("*.whl")
    return ZipFile(wheel)


def test_the_wheel_installs_one_name(source: Path, tmp_path: Path) -> None:
    wheel = build(source, "wheel", tmp_path)
    assert {name.partition("/")[0] for name in wheel.namelist()} == {"cutout_rl", "cutout_rl-0.1.0.dist-info"}
    assert wheel.read("cutout_rl-0.1.0.dist-info/top_level.txt").decode().split() == ["cutout_rl"]
    installed = set(wheel.namelist())
    for name in tracked("agents/*.py", "experiments/*.py", "agents/pretrained/*", "*/templates/*"):
        inside = name if name.parts[0] == "cutout_rl" else Path("cutout_rl", name)
        assert inside.as_posix() in installed


def test_the_editable_install_offers_one_name(source: Path, tmp_path: Path) -> None:
    wheel = build(source, "editable", tmp_path)
    assert wheel.read("cutout_rl-0.1.0.dist-info/top_level.txt").decode().split() == ["cutout_rl"]
    names = [name for name in wheel.namelist() if "/" not in name]
    wheel.extractall(tmp_path / "site", names)
    (tmp_path / "elsewhere").mkdir()
    code = (
        "import importlib.util, site, sys; site.addsitedir(sys.argv[1]);"
        " print(*(name for name in sys.argv[2:] if importlib.util.find_spec(name)))"
    )
    # -S: without the packages of this environment, in which the project is installed as well.
    asked = ["cutout_rl", "cutout_rl.agents.algorithms", "cutout_rl.experiments", "agents", "experiments", "tests"]
    line = [sys.executable, "-S", "-c", STUB_GYMNASIUM + code, tmp_path / "site", *asked]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(line, cwd=tmp_path / "elsewhere", env=environment, check=True, capture_output=True, text=True)
    assert done.stdout.split() == asked[:3]


# `find_spec` of a submodule imports its package, whose only import is gymnasium.
STUB_GYMNASIUM = "import sys, types; sys.modules['gymnasium'] = types.SimpleNamespace(register=lambda **entry: None);"


# One process for all, because most of a command's time is spent on imports.
ASK_ALL = """
import contextlib, io, json, runpy, sys
answers, names = {}, sys.argv[1:]
for name in names:
    sys.argv = ["cutout-rl", name, "--help"]
    with contextlib.redirect_stdout(io.StringIO()) as out:
        try:
            runpy.run_module("cutout_rl", run_name="__main__", alter_sys=True)
        except SystemExit as ended:
            answers[name] = ended.code, out.getvalue()
print(json.dumps(answers))
"""


def test_every_command_works_beside_folders_of_the_same_names(tmp_path: Path) -> None:
    for folder in ("agents", "experiments"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").write_text("raise ImportError('these are the folders of the user')\n")
    line = [sys.executable, "-c", ASK_ALL, *COMMANDS]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    assert answers.keys() == COMMANDS.keys()
    for name, (status, printed) in answers.items():
        assert status in (0, None), name
        assert f"usage: python -m {COMMANDS[name]}" in printed


def test_commands_are_listed_and_an_unknown_one_is_refused(tmp_path: Path) -> None:
    line = [sys.executable, "-m", "cutout_rl"]
    listed = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    for name in COMMANDS:
        assert f"\n  {name} " in listed
    done = subprocess.run([*line, "trian"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error: There is no command 'trian'; did you mean 'train'?")


def test_every_module_that_is_a_command_is_registered() -> None:
    called = [name for name in tracked(*(f"{folder}/*.py" for folder in SOURCES)) if not (ROOT / name).is_symlink()]
    modules = {
        ".".join(name.with_suffix("").parts).removesuffix(".__main__")
        for name in called
        if 'if __name__ == "__main__":' in (ROOT / name).read_text("utf-8")
    }
    public = {name if name.startswith("cutout_rl") else f"cutout_rl.{name}" for name in modules} - {"cutout_rl"}
    internal = {name for name in public if name.startswith("cutout_rl.experiments.report.")}
    assert public - internal == set(COMMANDS.values())


def test_mypy_and_ruff_see_every_file_once() -> None:
    expected = sorted((ROOT / name).resolve() for name in tracked(*(f"{folder}/*.py" for folder in SOURCES)))
    finder = FindModuleCache(SearchPaths((str(ROOT),), (), (), ()), FileSystemCache(), Options())
    found = [Path(source.path) for source in finder.find_modules_recursive("cutout_rl") if source.path]
    files = sorted(path.resolve() for path in found if path.suffix == ".py")
    assert files == [path for path in expected if path.suffix == ".py"]
    line = [sys.executable, "-m", "ruff", "check", "--show-files", "."]
    shown = subprocess.run(line, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    checked = sorted(Path(name).resolve() for name in shown if Path(name).relative_to(ROOT).parts[0] in SOURCES)
    assert checked == [path for path in expected if path.suffix == ".py"]
