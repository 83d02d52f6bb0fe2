"""Pages of workers: their badges, and what was seen of them."""
