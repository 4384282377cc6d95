"""What is special about a segment: how it differs from everybody, or from another segment."""
