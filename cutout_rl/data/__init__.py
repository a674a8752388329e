"""Data sources: images with ground-truth masks, by name, split and index."""

from cutout_rl.data.registry import FACES, PROCEDURAL, open_source, plain_folder
from cutout_rl.data.source import DataSource, Sample, Split

__all__ = ["FACES", "PROCEDURAL", "DataSource", "Sample", "Split", "open_source", "plain_folder"]
