"""A network that is trained on partly annotated images while users annotate them."""
