"""What runs the SQL, and where it finds its rows."""
