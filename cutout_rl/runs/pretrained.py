"""The registry of pretrained agents."""

from importlib.metadata import entry_points
from pathlib import Path
from typing import Final

from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.utils.choices import require_choice
from cutout_rl.utils.errors import CutOutError

PRETRAINED_GROUP: Final = "cutout_rl.pretrained"
ANYTHING: Final = ""  # images of which nothing is known


def list_pretrained() -> dict[str, RunFolder]:
    """Return the pretrained agents by name.

    An entry point of the group `cutout_rl.pretrained` names a package; each folder in it that contains a `run.json` is
    an agent.
    """
    packages = [entry.load() for entry in entry_points(group=PRETRAINED_GROUP)]
    records = [file for package in packages for root in package.__path__ for file in Path(root).glob("*/run.json")]
    return {record.parent.name: RunFolder(record.parent) for record in records}


def find_pretrained(name: str) -> RunFolder:
    """Return a pretrained agent by name.

    Raises:
        CutOutError: no installed package ships it.
    """
    found = list_pretrained()
    if not found:
        raise CutOutError("No pretrained agents are installed; reinstall CutOut-RL.")
    require_choice("pretrained agent", name, found)
    return found[name]


def default_pretrained(data: str) -> str:
    """Return the name of the pretrained agent that a package recommends for some images.

    The attribute `DEFAULT_FOR` of a package names agents by `--data`, `DEFAULT` one for all other images.

    Args:
        data: as for `open_source`, or `ANYTHING`.

    Raises:
        CutOutError: no installed package recommends one.
    """
    for entry in entry_points(group=PRETRAINED_GROUP):
        package = entry.load()
        name = getattr(package, "DEFAULT_FOR", {}).get(data) or getattr(package, "DEFAULT", None)
        if isinstance(name, str):
            return name
    raise CutOutError("No installed package recommends a pretrained agent; name one with --pretrained.")


def find_run(name: str) -> RunFolder:
    """Return the run in a folder, or else the pretrained agent of that name.

    Raises:
        CutOutError: the name is no path, and there is no such pretrained agent.
    """
    folder, found = Path(name), list_pretrained()
    if folder.exists() or len(folder.parts) > 1:
        return RunFolder(folder)
    require_choice("run or pretrained agent", name, found)
    return found[name]


def find_agent(run: Path | None, pretrained: str | None) -> RunFolder:
    """Return the run of an agent that is named by its folder or as a pretrained agent.

    Args:
        run: folder of a training run.
        pretrained: name of a pretrained agent.

    Raises:
        CutOutError: neither or both are given, or there is no such pretrained agent.
    """
    if run is not None and pretrained is not None:
        raise CutOutError(f"{run} and --pretrained {pretrained} are two agents; name only one.")
    if pretrained is not None:
        return find_pretrained(pretrained)
    if run is None:
        raise CutOutError("No agent is named; give the folder of a training run or --pretrained NAME.")
    return RunFolder(run)
