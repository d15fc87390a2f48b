"""The built-in world and the demonstration chat model that is trained on it from nothing."""
