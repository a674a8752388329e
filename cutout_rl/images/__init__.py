"""Where the images come from."""

from cutout_rl.images.open_source import FACES, OBJECTS, open_source
from cutout_rl.images.source import DataSource, Sample, Split

__all__ = ["FACES", "OBJECTS", "DataSource", "Sample", "Split", "open_source"]
