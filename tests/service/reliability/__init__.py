"""What the service promises when processes die, answers are lost and clients err: long forms, and short ones for CI."""
