"""Choosing the score on all label tables but one, and judging it on the one that was left out."""
