"""Wheel and sdist, built from what git would commit, installed away from the checkout: every command runs."""

import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import TINY_RUN

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
ROOMS = ("cutout_rl", "agents", "experiments")
BUILD = "import sys; from setuptools import build_meta as b; getattr(b, f'build_{sys.argv[1]}')(sys.argv[2])"

Command = Callable[..., str]


def commands(site: Path) -> list[str]:
    """Find every module that is a command."""
    files = [file for room in ROOMS for file in (site / room).rglob("*.py")]
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
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
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
    paths = {"base": str(environment), "platbase": str(environment)}
    site = Path(sysconfig.get_path("purelib", "venv", paths))
    # What this file leads to is searched after the environment itself, and the checkout is not in it.
    (site / "required.pth").write_text(sysconfig.get_path("purelib") + "\n")
    (wheel,) = built.glob("*.whl")
    install = [environment / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel]
    subprocess.run(install, check=True, capture_output=True)
    return site


@pytest.fixture
def command(site: Path, tmp_path: Path) -> Command:
    """Run `python -m MODULE` from an empty folder."""
    python = site.parents[2] / "bin" / "python"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def command(module: str, *arguments: object) -> str:
        line = [python, "-m", module, *map(str, arguments)]
        done = subprocess.run(
            line, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return command


def test_every_command_of_the_wheel_helps(site: Path, command: Command) -> None:
    found = commands(site)
    assert {"cutout_rl.train", "cutout_rl.doctor", "agents.publish", "experiments.benchmark"} <= set(found)
    for module in found:
        assert f"python -m {module}" in command(module, "--help")


def test_the_wheel_is_healthy_trains_and_knows_its_agents(site: Path, command: Command, tmp_path: Path) -> None:
    assert command("cutout_rl.doctor").endswith("0 faults\n")
    command("cutout_rl.train", "--algo", "ppo", *TINY_RUN, "--batch-size", 16, "--total-timesteps", 32, "--out", "run")
    assert (tmp_path / "run" / "best.safetensors").exists()
    assert "ppo, greedy" in command("cutout_rl.evaluate", "run", "--images", 1)
    assert "bc, greedy" in command("cutout_rl.evaluate", "--pretrained", "bc-faces", "--images", 1, "--no-baselines")


def test_the_sdist_holds_the_licence_and_no_pictures_of_others(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"LICENSE", "README.md", "pyproject.toml", "agents/pretrained/bc-faces/best.safetensors"} <= names
