"""Evaluations that were made before: a local store of raw proxy values, keyed by everything that they depend on.

A store may be thrown away at any time, and it never stands in the way: what cannot be read is evaluated again.
"""
