"""Which image file of a folder belongs to which mask file."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")


@dataclass(frozen=True)
class Pair:
    """The image and the mask that share a file stem."""

    name: str
    image: Path
    mask: Path


def pair_files(
    images: Path, masks: Path, suffixes: tuple[str, ...] = SUFFIXES, mask_suffixes: tuple[str, ...] = SUFFIXES
) -> dict[str, Pair | str]:
    """Pair the image files of two folders by their stems; suffixes tell them apart where the two are one folder.

    Returns:
        For each stem, in sorted order, its pair, or the sentence that says why it has none.
    """
    image_files, mask_files = files_by_stem(images, suffixes), files_by_stem(masks, mask_suffixes)
    return {
        stem: _pair(stem, image_files.get(stem, []), mask_files.get(stem, []), images, masks)
        for stem in sorted(image_files.keys() | mask_files.keys())
    }


def files_by_stem(folder: Path, suffixes: tuple[str, ...] = SUFFIXES) -> dict[str, list[Path]]:
    """List the image files of a folder, sorted, by their stems; other files and subfolders are passed over."""
    files: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in suffixes and not path.name.startswith(".") and path.is_file():
            files[path.stem].append(path)
    return files


def _pair(stem: str, image_files: list[Path], mask_files: list[Path], images: Path, masks: Path) -> Pair | str:
    for files in (image_files, mask_files):
        if len(files) > 1:
            return f"{files[0]} and {files[1].name} share one name: keep one of them or rename one with its partner."
    if not mask_files:
        return f"{image_files[0]} has no mask: add {masks / stem}.png or remove the image."
    if not image_files:
        return f"{mask_files[0]} has no image: add {images / stem}.png or remove the mask."
    return Pair(stem, image_files[0], mask_files[0])
