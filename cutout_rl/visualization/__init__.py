"""The picture book: figures of episodes and of agents, readable in grey and by colour-blind people."""
