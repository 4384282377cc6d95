"""`segdsl.yaml`: which tables hold the entities and their events, their keys, times, fields and types."""
