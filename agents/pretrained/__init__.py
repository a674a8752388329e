"""Trained agents, a folder each: run.json, weights, curve and model card; `python -m agents.publish` makes one."""
