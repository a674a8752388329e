"""`cutout-rl COMMAND`, or `python -m cutout_rl COMMAND`: run a command; without one, list them all."""

import ast
import runpy
import sys
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from cutout_rl.utils.choices import require_choice
from cutout_rl.utils.command import run_command

COMMAND_GROUP: Final = "cutout_rl.commands"


def main() -> None:
    """Run the command that the first argument names with the remaining arguments.

    An entry point of the group `cutout_rl.commands` names a module that can be run by `python -m`.

    Raises:
        CutOutError: no installed package registers the command.
    """
    commands = {entry.name: entry for entry in sorted(entry_points(group=COMMAND_GROUP), key=_order)}
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        print("usage: cutout-rl COMMAND [OPTIONS]\n\ncutout-rl COMMAND --help describes the options.\n")
        width = max(map(len, commands))
        for name, entry in commands.items():
            print(f"  {name:{width}}  {_summary(entry.value)}")
        return
    name = sys.argv[1]
    require_choice("command", name, commands)
    sys.argv = [f"cutout-rl {name}", *sys.argv[2:]]
    runpy.run_module(commands[name].value, run_name="__main__", alter_sys=True)


def run() -> None:
    """Run `main` as the console script does."""
    run_command(main)


def _order(entry: EntryPoint) -> tuple[str, str]:
    return entry.value.rpartition(".")[0], entry.name


def _summary(module: str) -> str:
    """Return what the docstring of a command says after its name, without importing the command."""
    spec = find_spec(module)
    if spec is not None and spec.submodule_search_locations is not None:
        spec = find_spec(f"{module}.__main__")
    if spec is None or spec.origin is None:
        return "not installed completely; reinstall its package"
    docstring = ast.get_docstring(ast.parse(Path(spec.origin).read_text("utf-8"))) or ""
    return docstring.partition("\n")[0].rpartition("`: ")[2].rstrip(".")


if __name__ == "__main__":
    run()
