"""Wheel and sdist, built from what git would commit, installed away from the checkout: every command runs."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
from collections.abc import Callable
from importlib.metadata import metadata
from pathlib import Path
from zipfile import ZipFile

import pytest
from command_line import TINY_RUN

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "container.md"
BUILD = "import sys; from setuptools import build_meta as b; getattr(b, f'build_{sys.argv[1]}')(sys.argv[2])"

Command = Callable[..., str]


def own_environment() -> dict[str, str]:
    """Return the variables of this process without the one that would lead back to the checkout."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def commands(site: Path) -> list[str]:
    """Find every module that is a command."""
    files = (site / "cutout_rl").rglob("*.py")
    called = [file.relative_to(site) for file in files if 'if __name__ == "__main__":' in file.read_text()]
    return sorted(".".join(file.with_suffix("").parts).removesuffix(".__main__") for file in called)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the sdist from the files git knows or would, and the wheel from the sdist."""
    folder = tmp_path_factory.mktemp("built")
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    source = folder / "source"
    for name in filter(None, names):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_symlink():
            (source / name).symlink_to(os.readlink(ROOT / name))
        elif (ROOT / name).is_file():
            (source / name).write_bytes((ROOT / name).read_bytes())
    subprocess.run([sys.executable, "-c", BUILD, "sdist", folder], cwd=source, check=True, capture_output=True)
    (sdist,) = folder.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    unpacked = folder / sdist.name.removesuffix(".tar.gz")
    subprocess.run([sys.executable, "-c", BUILD, "wheel", folder], cwd=unpacked, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def site(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into an environment of its own, beside the packages it requires."""
    environment = tmp_path_factory.mktemp("environment")
    venv.create(environment, with_pip=True, symlinks=True)
    ask = [environment / "bin" / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    site = Path(subprocess.run(ask, check=True, capture_output=True, text=True).stdout.strip())
    # What this file leads to is searched after the environment itself, and the checkout is not in it.
    (site / "required.pth").write_text(sysconfig.get_path("purelib") + "\n")
    (wheel,) = built.glob("*.whl")
    install = [environment / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel]
    subprocess.run(install, env=own_environment(), check=True, capture_output=True)
    return site


@pytest.fixture
def command(site: Path, tmp_path: Path) -> Command:
    """Run `python -m MODULE` from an empty folder."""
    python = site.parents[2] / "bin" / "python"

    def command(module: str, *arguments: object) -> str:
        line = [python, "-m", module, *map(str, arguments)]
        done = subprocess.run(
            line, cwd=tmp_path, env=own_environment(), capture_output=True, text=True, timeout=600, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return command


def test_every_command_of_the_wheel_helps(site: Path, command: Command) -> None:
    found = commands(site)
    assert {
        "cutout_rl.train",
        "cutout_rl.doctor",
        "cutout_rl.agents.publish",
        "cutout_rl.experiments.benchmark",
    } <= set(found)
    for module in found:
        usage = "cutout-rl COMMAND" if module == "cutout_rl" else f"python -m {module}"
        assert usage in command(module, "--help")


def test_the_wheel_passes_the_doctor_trains_and_ships_its_agents(site: Path, command: Command, tmp_path: Path) -> None:
    assert command("cutout_rl.doctor").endswith("0 faults\n")
    command("cutout_rl.train", "--algo", "ppo", *TINY_RUN, "--batch-size", 16, "--total-timesteps", 32, "--out", "run")
    assert (tmp_path / "run" / "best.safetensors").exists()
    assert "ppo, greedy" in command("cutout_rl.evaluate", "run", "--images", 1)
    assert "bc, greedy" in command("cutout_rl.evaluate", "--pretrained", "bc-faces", "--images", 1, "--no-baselines")


def test_the_sdist_holds_the_licence_and_no_pictures_of_others(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"LICENSE", "README.md", "pyproject.toml", "cutout_rl/agents/pretrained/bc-faces/best.safetensors"} <= names


def test_the_container_is_given_all_that_the_wheel_is_built_from(built: Path, tmp_path: Path) -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert lines.index("*") < min(lines.index(line) for line in lines if line.startswith("!"))
    for name in (line[1:] for line in lines if line.startswith("!")):
        target = tmp_path / "source" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, target)
    subprocess.run(
        [sys.executable, "-c", BUILD, "wheel", tmp_path], cwd=tmp_path / "source", check=True, capture_output=True
    )
    (own,), (whole,) = tmp_path.glob("*.whl"), built.glob("*.whl")
    assert ZipFile(own).namelist() == ZipFile(whole).namelist()


def test_the_container_installs_what_there_is() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    (python,) = re.findall(r"^FROM python:(\d+\.\d+)-slim$", dockerfile, re.MULTILINE)
    constraints = set(re.findall(r"--constraint /source/(\S+)", dockerfile))
    assert constraints == {f".ci/constraints-{python}.txt"}
    assert f"!{constraints.pop()}" in (ROOT / ".dockerignore").read_text().splitlines()
    (extras,) = re.findall(r"'/source\[(.+)\]'", dockerfile)
    assert set(extras.split(",")) <= set(metadata("cutout-rl").get_all("Provides-Extra") or ())


def test_the_page_about_the_container_names_commands(site: Path) -> None:
    named = set(re.findall(r"^(?:docker run .*|    )cutout-rl(?::gpu)? (\S+)", PAGE.read_text(), re.MULTILINE))
    assert {"cutout_rl.train", "cutout_rl.play"} <= named <= set(commands(site))
