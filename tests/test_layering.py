"""Arrows run one way: experiments -> agents -> cutout_rl; in it, images and segmenters know nothing of the game."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# What the modules of a folder may not import, and all of cutout_rl that the modules of two of its folders may.
FORBIDDEN = {
    "cutout_rl": ("agents", "experiments"),
    "agents": ("experiments",),
    "cutout_rl/segmenters": ("gymnasium", "stable_baselines3", "torch"),
    "cutout_rl/data": ("gymnasium", "stable_baselines3", "torch"),
}
ALLOWED_INSIDE = {
    "cutout_rl/segmenters": ("cutout_rl.segmenters", "cutout_rl.utils.errors", "cutout_rl.utils.choices"),
    "cutout_rl/data": ("cutout_rl.data", "cutout_rl.utils.errors", "cutout_rl.utils.choices"),
}


def imported_by(source: str, package: str) -> set[str]:
    """Give the full names that a module imports, wherever in it they stand; `package` is the module's own package."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            names.update(f"{base}.{alias.name}" for alias in node.names)
    return names


def is_within(name: str, module: str) -> bool:
    return name == module or name.startswith(f"{module}.")


def modules_of(folder: str) -> list[tuple[Path, set[str]]]:
    paths = sorted((ROOT / folder).rglob("*.py"))
    assert paths, f"{folder} holds no modules"
    return [
        (path.relative_to(ROOT), imported_by(path.read_text("utf-8"), ".".join(path.relative_to(ROOT).parent.parts)))
        for path in paths
    ]


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_nothing_lower_imports_anything_higher(folder: str) -> None:
    wrong = [
        f"{path} imports {name}"
        for path, names in modules_of(folder)
        for name in sorted(names)
        if any(is_within(name, higher) for higher in FORBIDDEN[folder])
    ]
    assert not wrong


@pytest.mark.parametrize("folder", ALLOWED_INSIDE)
def test_images_and_segmenters_know_nothing_else_of_the_package(folder: str) -> None:
    wrong = [
        f"{path} imports {name}"
        for path, names in modules_of(folder)
        for name in sorted(names)
        if is_within(name, "cutout_rl") and not any(is_within(name, allowed) for allowed in ALLOWED_INSIDE[folder])
    ]
    assert not wrong


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("import cutout_rl.agents.algorithms.ppo as ppo", "cutout_rl.agents.algorithms.ppo"),
        ("from cutout_rl.agents import ppo", "cutout_rl.agents.algorithms.ppo"),
        ("def late():\n    from cutout_rl.agents.algorithms.ppo import Ppo", "cutout_rl.agents.algorithms.ppo.Ppo"),
        ("from ..game import rules", "cutout_rl.game.rules"),
        ("from . import base", "cutout_rl.segmenters.base"),
        ("from .base import Label", "cutout_rl.segmenters.base.Label"),
    ],
)
def test_every_form_of_import_is_seen(line: str, name: str) -> None:
    assert imported_by(line, "cutout_rl.segmenters") == {name}
