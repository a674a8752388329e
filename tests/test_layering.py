"""The architecture: imports run down the layers only, and never in a circle."""

import ast
from collections import defaultdict
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# From top to bottom; a room imports from the layers below it, and not from the other rooms of its layer.
LAYERS = (
    ("experiments",),
    ("train", "evaluate", "visualize", "annotate", "play", "doctor", "__main__"),
    ("web", "agents"),
    ("annotation", "visualization"),
    ("evaluation",),
    ("runs",),
    ("players",),
    ("vector_env",),
    ("env",),
    ("game",),
    ("segmenters", "data"),
    ("utils",),
)
LAYER_OF = {room: layer for layer, rooms in enumerate(LAYERS) for room in rooms}

# Rooms that only these import; everybody else finds what they offer through entry points.
IMPORTED_BY = {"agents": {"agents", "experiments"}, "experiments": {"experiments"}}

# Libraries that a room must not load.
FORBIDDEN = {
    "segmenters": ("gymnasium", "stable_baselines3", "torch"),
    "data": ("gymnasium", "stable_baselines3", "torch"),
    "utils": ("gymnasium", "stable_baselines3", "torch"),
    "game": ("stable_baselines3", "torch"),
}

# Of agents, from top to bottom.
AGENT_LAYERS = (
    ("push",),
    ("publish",),
    ("demonstrate", "strokes"),
    ("publishing", "rllib", "unet", "interactive"),
    ("algorithms",),
    ("training", "explain"),
    ("planning",),
    ("networks", "baselines"),
    ("pretrained",),
)


def imported_by(source: str, package: str) -> set[str]:
    """Return the full names that a module imports anywhere; `package` is the module's own package."""
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


def all_modules() -> dict[str, set[str]]:
    """Return what every module of the package imports."""
    imports = {}
    for folder, prefix in (("cutout_rl", ""), ("agents", "cutout_rl."), ("experiments", "cutout_rl.")):
        for path in sorted((ROOT / folder).rglob("*.py")):
            relative = path.relative_to(ROOT).with_suffix("")
            if folder == "cutout_rl" and relative.parts[1] in ("agents", "experiments"):
                continue  # the links, on a Python whose rglob follows them
            package = prefix + ".".join(relative.parent.parts)
            name = package if path.stem == "__init__" else f"{package}.{path.stem}"
            imports[name] = imported_by(path.read_text("utf-8"), package)
    return imports


@pytest.fixture(scope="module")
def modules() -> dict[str, set[str]]:
    return all_modules()


def room_of(name: str) -> str | None:
    """Return the room of a module of the package; None for the package itself and for other packages."""
    parts = name.split(".")
    return parts[1] if parts[0] == "cutout_rl" and len(parts) > 1 else None


def test_every_room_has_a_layer(modules: dict[str, set[str]]) -> None:
    assert {room_of(name) for name in modules} - {None} == set(LAYER_OF)


def test_imports_run_down_the_layers(modules: dict[str, set[str]]) -> None:
    wrong = [
        f"{name} imports {imported}"
        for name, imports in modules.items()
        for imported in sorted(imports)
        if (room := room_of(name)) is not None
        and (other := room_of(imported)) in LAYER_OF
        and other != room
        and LAYER_OF[other] <= LAYER_OF[room]
    ]
    assert not wrong


@pytest.mark.parametrize("room", IMPORTED_BY)
def test_only_these_import_a_room(modules: dict[str, set[str]], room: str) -> None:
    wrong = [
        f"{name} imports {imported}"
        for name, imports in modules.items()
        for imported in sorted(imports)
        if room_of(imported) == room and room_of(name) not in IMPORTED_BY[room]
    ]
    assert not wrong


@pytest.mark.parametrize("room", FORBIDDEN)
def test_a_room_does_without_a_library(modules: dict[str, set[str]], room: str) -> None:
    wrong = [
        f"{name} imports {imported}"
        for name, imports in modules.items()
        for imported in sorted(imports)
        if room_of(name) == room and any(is_within(imported, library) for library in FORBIDDEN[room])
    ]
    assert not wrong


def test_agents_have_layers_too(modules: dict[str, set[str]]) -> None:
    layer_of = {f"cutout_rl.agents.{room}": i for i, rooms in enumerate(AGENT_LAYERS) for room in rooms}

    def agent_room(name: str) -> str | None:
        parts = name.split(".")
        return ".".join(parts[:3]) if parts[:2] == ["cutout_rl", "agents"] and len(parts) > 2 else None

    assert {agent_room(name) for name in modules} - {None} == set(layer_of)
    wrong = [
        f"{name} imports {imported}"
        for name, imports in modules.items()
        for imported in sorted(imports)
        if (room := agent_room(name)) is not None
        and (other := agent_room(imported)) in layer_of
        and other != room
        and layer_of[other] <= layer_of[room]
    ]
    assert not wrong


def test_no_modules_import_each_other_in_a_circle(modules: dict[str, set[str]]) -> None:
    graph: dict[str, set[str]] = defaultdict(set)
    for name, imports in modules.items():
        for imported in imports:
            found = imported if imported in modules else imported.rpartition(".")[0]
            if found in modules and found != name:
                graph[name].add(found)
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("import agents.ppo as ppo", "agents.ppo"),
        ("from agents import ppo", "agents.ppo"),
        ("def late():\n    from agents.ppo import Ppo", "agents.ppo.Ppo"),
        ("from ..game import rules", "cutout_rl.game.rules"),
        ("from . import base", "cutout_rl.segmenters.base"),
        ("from .base import Label", "cutout_rl.segmenters.base.Label"),
    ],
)
def test_every_form_of_import_is_seen(line: str, name: str) -> None:
    assert imported_by(line, "cutout_rl.segmenters") == {name}
