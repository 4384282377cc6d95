"""A catalog as a dbt project: models, tests, sources and exposures, as texts by their paths."""
