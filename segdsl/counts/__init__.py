"""Whole segments counted against each other: how they overlap, how members move, how sizes change with time.

Every question is first a list of outputs, then counts over the table that their one plan fills. So several questions
can share one evaluation, as a report does.
"""
