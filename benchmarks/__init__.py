"""Benchmarks: figures to compare, never asserted."""
