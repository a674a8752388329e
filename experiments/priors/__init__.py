"""How object priors learn to see: from rewards, and from more and fewer masks."""
