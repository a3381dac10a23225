"""A project's SQL files as text: which there are, where their statements end, when a new one is there."""
