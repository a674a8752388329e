"""Where the images come from."""

from cutout_rl.images.open_source import FACES, open_source
from cutout_rl.images.source import DataSource, Sample, Split

__all__ = ["FACES", "DataSource", "Sample", "Split", "open_source"]
