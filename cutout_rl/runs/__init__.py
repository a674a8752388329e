"""A training run as an object: folder, configuration, registry of algorithms, pretrained agents."""
