"""Evidence: what was seen at work, by whom, and what the worker says of it."""
