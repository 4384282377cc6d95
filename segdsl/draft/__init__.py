"""A first model for data that are there, guessed from names, types and values."""
