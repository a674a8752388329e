"""The study of agents on images that they were not made for, and pictures of where they help and fail."""
