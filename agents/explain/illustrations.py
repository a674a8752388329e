"""The pictures of the book that only a policy's network can give."""

from collections.abc import Sequence
from pathlib import Path

from stable_baselines3.common.policies import ActorCriticPolicy

from cutout_rl.agents.explain.activations import activations, draw_activations
from cutout_rl.agents.explain.field_of_view import draw_field_of_view
from cutout_rl.agents.explain.saliency import draw_saliency
from cutout_rl.agents.networks.crop_network import CropNetwork
from cutout_rl.agents.networks.egocentric_crops import Preprocess
from cutout_rl.players.explanation import Moment, Picture


def illustrate(
    policy: ActorCriticPolicy, preprocess: Preprocess, moments: Sequence[Moment], folder: Path
) -> list[Picture]:
    """Draw what each move depended on; and for the second move, what the network saw and what its layers answered."""
    moment = moments[min(1, len(moments) - 1)]
    pictures = [draw_saliency(policy, preprocess, moments, folder / "saliency.png")]
    if isinstance(policy.features_extractor, CropNetwork):
        pictures.append(draw_field_of_view(preprocess, moment, folder / "field-of-view.png"))
    layers = activations(policy, preprocess, moment.observation)
    guessing = [layer for layer in layers if "object_net" in layer.name]
    choosing = [layer for layer in layers if "object_net" not in layer.name]
    if guessing:
        title = "Layers that guess where the object is"
        pictures.append(draw_activations(guessing, title, folder / "activations-map.png"))
    pictures.append(draw_activations(choosing, "Layers that choose the move", folder / "activations.png"))
    return pictures
