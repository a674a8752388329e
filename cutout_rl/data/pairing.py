"""Pairing of image and mask files by their stems."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from cutout_rl.data.folder_listing import by_name, list_folder
from cutout_rl.data.image_files import SUFFIXES, unreadable_remedy


@dataclass(frozen=True)
class Pair:
    """The image and mask file with the same stem."""

    name: str
    image: Path
    mask: Path


@dataclass(frozen=True)
class PairedFolders:
    """The files of two folders.

    Attributes:
        pairs: for each stem in Unicode NFC, in sorted order, its pair, or an error message.
        left_out: a sentence for each folder with files that are no images.
    """

    pairs: dict[str, Pair | str]
    left_out: tuple[str, ...]


def pair_files(
    images: Path, masks: Path, suffixes: Collection[str] = SUFFIXES, mask_suffixes: Collection[str] = SUFFIXES
) -> PairedFolders:
    """Pair the files of two folders by their stems; if both are one folder, the suffixes separate images from masks."""
    listings = list_folder(images, suffixes), list_folder(masks, mask_suffixes)
    image_files, mask_files = (by_name(listing.images) for listing in listings)
    # In one folder, each listing leaves out the other's files.
    apart = () if images == masks else listings
    partners = by_name(file for listing in apart for file in listing.others)
    pairs = {
        stem: _pair(stem, image_files.get(stem, []), mask_files.get(stem, []), partners.get(stem, []), images, masks)
        for stem in sorted(image_files.keys() | mask_files.keys())
    }
    return PairedFolders(pairs, tuple(f"{listing.counts()}." for listing in apart if listing.left_out))


def _pair(
    stem: str, image_files: list[Path], mask_files: list[Path], unread: list[Path], images: Path, masks: Path
) -> Pair | str:
    for files in (image_files, mask_files):
        if len(files) > 1:
            return f"{files[0]} and {files[1].name} share one name; keep one of them, or rename one and its partner."
    if image_files and mask_files:
        return Pair(stem, image_files[0], mask_files[0])
    folder = masks if image_files else images
    for partner in unread:
        if partner.parent == folder:
            return f"{partner} cannot be read; {unreadable_remedy(partner.suffix)}."
    if image_files:
        return f"{image_files[0]} has no mask; add {masks / stem}.png or remove the image."
    return f"{mask_files[0]} has no image; add {images / stem}.png or remove the mask."
