"""The files of annotation tools, as bytes and arrays: what `cutout_rl.annotation.formats` shows and the data sources read."""
