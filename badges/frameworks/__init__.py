"""Competency frameworks: what can be seen at work, at which level, and when it is enough."""
