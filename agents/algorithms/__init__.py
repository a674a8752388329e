"""The learning algorithms: PPO, A2C, behavioural cloning, and the planner."""
