"""HTML pages, by reader."""
