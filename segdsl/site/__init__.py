"""A catalog as a folder of HTML pages: one per definition, lists, a search, and nothing that is fetched."""
