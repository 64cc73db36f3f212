"""A benchmark run: what it depends on, its folder, and its evaluations."""
