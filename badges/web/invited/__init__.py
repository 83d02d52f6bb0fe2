"""Pages of a reviewer from outside, who comes by a link."""
