"""Published sets and annotated images, each read from a local folder; nothing is fetched."""

from pathlib import Path
from typing import Final

from cutout_rl.data.published.annotated import LabelmeSource, ViaSource
from cutout_rl.data.published.base import SetSource
from cutout_rl.data.published.coco import CocoSource
from cutout_rl.data.published.davis import DavisSource
from cutout_rl.data.published.face_parts import CelebAMaskSource, FaceSyntheticsSource, LfwSource
from cutout_rl.data.published.pairs import BerkeleySource, EcssdSource, GrabCutSource, Msra10kSource
from cutout_rl.data.published.pet import PetSource
from cutout_rl.data.published.voc import SbdSource, VocSource

SETS: Final[dict[str, type[SetSource]]] = {
    source.kind: source
    for source in (
        *(ViaSource, CocoSource, LabelmeSource, CelebAMaskSource, LfwSource, FaceSyntheticsSource, GrabCutSource),
        *(BerkeleySource, DavisSource, SbdSource, VocSource, Msra10kSource, EcssdSource, PetSource),
    )
}
"""The readers by what the command line calls them."""


def kinds_like(folder: Path) -> list[str]:
    """List the sets whose layout a folder has."""
    return [
        kind
        for kind, source in SETS.items()
        if any(all((folder / name).exists() for name in names) for names in source.landmarks)
    ]


__all__ = ["SETS", "SetSource", "kinds_like"]
