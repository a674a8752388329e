"""Agents: learning algorithms, policy networks, baselines, and pretrained agents."""
