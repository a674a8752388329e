"""Pairing of image and mask files by their stems."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")


@dataclass(frozen=True)
class Pair:
    """The image and mask file with the same stem."""

    name: str
    image: Path
    mask: Path


def pair_files(
    images: Path, masks: Path, suffixes: tuple[str, ...] = SUFFIXES, mask_suffixes: tuple[str, ...] = SUFFIXES
) -> dict[str, Pair | str]:
    """Pair the files of two folders by their stems; if both are one folder, the suffixes separate images from masks.

    Returns:
        For each stem, in sorted order, its pair, or an error message.
    """
    image_files, mask_files = files_by_stem(images, suffixes), files_by_stem(masks, mask_suffixes)
    return {
        stem: _pair(stem, image_files.get(stem, []), mask_files.get(stem, []), images, masks)
        for stem in sorted(image_files.keys() | mask_files.keys())
    }


def files_by_stem(folder: Path, suffixes: tuple[str, ...] = SUFFIXES) -> dict[str, list[Path]]:
    """List the image files of a folder by stem, sorted; ignore other files and subfolders."""
    files: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in suffixes and not path.name.startswith(".") and path.is_file():
            files[path.stem].append(path)
    return files


def _pair(stem: str, image_files: list[Path], mask_files: list[Path], images: Path, masks: Path) -> Pair | str:
    for files in (image_files, mask_files):
        if len(files) > 1:
            return f"{files[0]} and {files[1].name} share one name; keep one of them, or rename one and its partner."
    if not mask_files:
        return f"{image_files[0]} has no mask; add {masks / stem}.png or remove the image."
    if not image_files:
        return f"{mask_files[0]} has no image; add {images / stem}.png or remove the mask."
    return Pair(stem, image_files[0], mask_files[0])
