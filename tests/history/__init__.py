"""Saved runs, and what is asked of them."""
