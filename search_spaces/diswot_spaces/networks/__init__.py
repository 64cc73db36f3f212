"""The networks of the spaces: the only modules of `search_spaces` that import torch."""
