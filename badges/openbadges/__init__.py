"""Open Badges 3.0 as a format: pure functions over documents, no database, no web, no network."""
