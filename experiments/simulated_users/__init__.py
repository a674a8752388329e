"""Simulated users who know the ground truth, and the scribbles, strokes and clicks that each makes.

| users | what they draw | used by |
|---|---|---|
| `scribbles.SCRIBBLE_USERS` | all scribbles at once | `segmenter_accuracy`, the benchmark |
| `clicks.robot_masks` | dots in the largest error (Gulshan et al., CVPR 2010) | `segmenter_accuracy` |
| `clicks.next_click` | clicks at the deepest error (Xu et al., CVPR 2016) | `clicks` |
| `corrections.CORRECTING_USERS` | a dot or a line in the largest error | `assistance`, `page_latency` |
| `annotators.ANNOTATORS` | strokes for the online network | `learn_while_you_draw` |
"""
