"""Pages of structure administrators."""
