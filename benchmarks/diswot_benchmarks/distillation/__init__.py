"""What distilling costs: the training loop against the bare steps that it makes."""
