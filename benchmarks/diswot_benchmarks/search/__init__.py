"""What searches find, against evaluations."""
