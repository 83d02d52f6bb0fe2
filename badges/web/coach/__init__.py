"""Pages of coaches: their workers, the talks to close."""
