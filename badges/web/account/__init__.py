"""Pages of signing in and of oneself."""
