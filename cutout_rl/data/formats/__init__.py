"""The annotation file formats that data sources read: COCO, VIA and labelme.

Rule: a codec that needs images and masks only belongs here. Codecs of the game's scribbles and episodes, and the public
index of all formats, belong to `cutout_rl.annotation`.
"""
