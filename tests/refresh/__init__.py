"""Runs that go on from the one before, each against a full one."""
