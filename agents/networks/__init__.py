"""The policy networks and the object prior."""
