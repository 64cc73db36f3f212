"""Label tables: what architectures really reach."""
