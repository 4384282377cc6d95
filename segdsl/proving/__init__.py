"""Claims about definitions: proved for all customers that there can be, or refuted by one."""
