"""The demo: a small world told with the same service verbs that the pages use."""
