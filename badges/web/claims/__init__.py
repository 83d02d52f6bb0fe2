"""Pages of a claim for those who carry it, and what every review page shares."""
