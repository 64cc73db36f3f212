"""The right student for a teacher, without training."""
