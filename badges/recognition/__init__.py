"""Recognition: a claim, from the first observation to the decision."""
