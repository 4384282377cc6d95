"""The page: templates, styles and scripts, and how they become one file."""
