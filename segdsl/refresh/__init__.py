"""A saved run that goes on from the one before: what it may use of that, and what it works out anew."""
