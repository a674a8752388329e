"""Compile the kernels that most tests need, those of the faces and those of the game side by side.

On a clean checkout each of pytest's workers would otherwise compile all of them for itself.
"""

from concurrent.futures import ProcessPoolExecutor

from cutout_rl.agents.baselines.tracing_expert import TracingExpert
from cutout_rl.data.synthetic.faces import FacesSource
from cutout_rl.evaluation.evaluation import evaluate, held_out_factory
from cutout_rl.game.config import GameConfig
from cutout_rl.vector_env import CutOutVectorEnv


def draw() -> None:
    """Draw a face."""
    FacesSource("train", 32)[0]


def play() -> None:
    """Play on objects, whose drawing has no kernels."""
    game = GameConfig(data="objects", image_size=32, observation_size=32, step_len=6, step_count=2)
    batch = CutOutVectorEnv(2, data="objects", image_size=32, step_len=6, step_count=2)
    batch.reset(seed=0)
    batch.step(batch.action_space.sample())
    evaluate(TracingExpert(), held_out_factory(game, "val"), range(1))


if __name__ == "__main__":
    with ProcessPoolExecutor(2) as pool:
        for done in [pool.submit(draw), pool.submit(play)]:
            done.result()
