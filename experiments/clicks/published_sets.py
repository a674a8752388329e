"""The published sets of the click benchmark, and where they are."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cutout_rl.experiments.clicks.colour_sets import CocoMval, Davis
from cutout_rl.experiments.clicks.published_set import PublishedSet
from cutout_rl.experiments.clicks.trimap_sets import Berkeley, GrabCut
from cutout_rl.utils.choices import require_choice
from cutout_rl.utils.errors import CutOutError

SETS: Final[dict[str, type[PublishedSet]]] = {kind.name: kind for kind in (GrabCut, Berkeley, Davis, CocoMval)}


def open_published(folder: Path, names: Sequence[str] = ()) -> list[PublishedSet]:
    """Open published sets in a folder that holds a folder for each.

    Args:
        folder: RITM's `datasets`.
        names: the sets; none means all that are there.

    Raises:
        CutOutError: a set is unknown, missing or damaged, or there is none.
    """
    for name in names:
        require_choice("set", name, list(SETS))
    folder = folder.expanduser()
    found = list(names) or [name for name in SETS if (folder / name).is_dir()]
    if not found:
        raise CutOutError(
            f"{folder} has no folder {', '.join(SETS)}; name the folder that holds them, as docs/clicks.md describes."
        )
    return [SETS[name](folder / name) for name in found]
