"""Segmenting images without ground truth, and exporting the masks.

File formats: codecs that data sources also read are in `cutout_rl.data.formats`; those of scribbles and episodes are
here. `cutout_rl.annotation.formats` is the public index of all of them.
"""
