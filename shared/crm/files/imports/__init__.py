"""Files of imports."""
