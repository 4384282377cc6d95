"""Who was in which segment, and when: saved runs as intervals, in a file of its own."""
