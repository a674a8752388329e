"""Figures of episodes and agents, readable in grey and by colour-blind readers, in light and dark pages."""
