"""Whether anything tells which of two teachers a student gains more from, by published results."""
