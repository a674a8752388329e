"""Scripted players and oracles that agents are compared with."""
