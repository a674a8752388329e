"""Where the images come from."""

from cutout_rl.data.open_source import DRAWN, FACES, OBJECTS, open_source, plain_folder
from cutout_rl.data.source import DataSource, Sample, Split

__all__ = ["DRAWN", "FACES", "OBJECTS", "DataSource", "Sample", "Split", "open_source", "plain_folder"]
