"""Trained agents, a folder each: run.json, weights, curve and model card; `python -m cutout_rl.agents.publish` makes one."""
