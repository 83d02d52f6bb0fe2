"""Pages of supervisors and tutors: their crew, situations, and noting what they see."""
