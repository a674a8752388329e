"""A network that learns from partly annotated images while they are being annotated."""
