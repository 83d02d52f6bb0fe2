"""Pages of platform operators: counts, never persons."""
