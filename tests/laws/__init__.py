"""Laws, shown by random examples."""
