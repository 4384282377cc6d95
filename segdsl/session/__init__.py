"""One customer, now: which segments somebody is in, answered at once, and what new events change about it."""

from segdsl.session.session import Events, Member, Movement, Session

__all__ = ["Events", "Member", "Movement", "Session"]
