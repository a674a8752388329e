"""The files of annotation tools, as bytes and arrays: what `cutout_rl.annotations` shows and the data sources read."""
