"""What a player is, and what it may report beside its actions."""
