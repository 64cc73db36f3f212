"""Statistics of a ranking, by definition and resampled."""
