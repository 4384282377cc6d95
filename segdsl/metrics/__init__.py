"""Metrics: a number per segment, from templates whose parts are rules of the language."""
