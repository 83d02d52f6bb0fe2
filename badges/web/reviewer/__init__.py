"""Pages of reviewers: the queue and one claim on one screen."""
