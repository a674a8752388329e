"""CutOut-RL: agents that cut objects out of images with two pens.

Importing the package registers the environment `cutout_rl/CutOut-v0` with Gymnasium.
"""

import gymnasium

gymnasium.register(
    id="cutout_rl/CutOut-v0",
    entry_point="cutout_rl.env:CutOutEnv",
    vector_entry_point="cutout_rl.vector_env:CutOutVectorEnv",
)
