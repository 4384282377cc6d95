"""Examples and expectations: catalogs tested like code."""
