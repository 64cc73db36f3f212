"""What a score costs, as published and ours, on the same machine."""
