"""The figures of a report that need a policy's network."""

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
    """Draw the saliency of each move, and the network's inputs and activations for the second move."""
    moment = moments[min(1, len(moments) - 1)]
    pictures = [draw_saliency(policy, preprocess, moments, folder / "saliency.svg")]
    if isinstance(policy.features_extractor, CropNetwork):
        pictures.append(draw_field_of_view(preprocess, moment, folder / "field-of-view.svg"))
    layers = activations(policy, preprocess, moment.observation)
    of_prior = [layer for layer in layers if "object_net" in layer.name]
    of_policy = [layer for layer in layers if "object_net" not in layer.name]
    if of_prior:
        title = "Activations of the object prior's network"
        pictures.append(draw_activations(of_prior, title, folder / "activations-prior.svg"))
    pictures.append(draw_activations(of_policy, "Activations of the policy's network", folder / "activations.svg"))
    return pictures
