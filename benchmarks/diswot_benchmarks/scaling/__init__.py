"""What executors cost, and what the driver of a search costs."""
