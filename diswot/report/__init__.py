"""What a user gets to see: result files and plots."""
