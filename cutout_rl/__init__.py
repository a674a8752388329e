"""CutOut-RL: agents that cut objects out of images with two pens.

Importing the package registers two environments with Gymnasium: `cutout_rl/CutOut-v0`, and `cutout_rl/CutOut2017-v0`,
the same with the settings of the report of 2017.
"""

import gymnasium

_ENV = "cutout_rl.env:CutOutEnv"
_VECTOR_ENV = "cutout_rl.vector_env:CutOutVectorEnv"

gymnasium.register(id="cutout_rl/CutOut-v0", entry_point=_ENV, vector_entry_point=_VECTOR_ENV)
gymnasium.register(
    id="cutout_rl/CutOut2017-v0",
    entry_point=_ENV,
    vector_entry_point=_VECTOR_ENV,
    kwargs={
        "observation": "overlay",
        "observation_size": 128,
        "image_size": 128,
        "step_len": 8,
        "step_count": 16,
        "reward": "iou",
        "segmenter": "textbook",
    },
)
