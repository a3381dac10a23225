"""Our own objects: which SQL files there are, and how a database comes to what they say."""
