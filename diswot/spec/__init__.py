"""The settings of a search, each declared once; free of torch.

Here is no list of names to import from: what the specs are checked against lies below some of them, and above others.
"""
