"""The pictures of the book that only a policy's network can give."""

from collections.abc import Sequence
from pathlib import Path

from stable_baselines3.common.policies import ActorCriticPolicy

from agents.activations import activations, draw_activations
from agents.field_of_view import draw_field_of_view
from agents.network import PenViewNetwork
from agents.pen_views import Look
from agents.saliency import draw_saliency
from cutout_rl.insight import Moment, Picture


def illustrate(policy: ActorCriticPolicy, look: Look, moments: Sequence[Moment], folder: Path) -> list[Picture]:
    """Draw what each move depended on; and for the second move, what the network saw and what its layers answered."""
    moment = moments[min(1, len(moments) - 1)]
    pictures = [draw_saliency(policy, look, moments, folder / "saliency.png")]
    if isinstance(policy.features_extractor, PenViewNetwork):
        pictures.append(draw_field_of_view(look, moment, folder / "field-of-view.png"))
    layers = activations(policy, look, moment.observation)
    guessing = [layer for layer in layers if "object_net" in layer.name]
    choosing = [layer for layer in layers if "object_net" not in layer.name]
    if guessing:
        title = "Layers that guess where the object is"
        pictures.append(draw_activations(guessing, title, folder / "activations-map.png"))
    pictures.append(draw_activations(choosing, "Layers that choose the move", folder / "activations.png"))
    return pictures
