"""How well proxies rank the architectures of a label table."""
