"""What a proxy asks of the forward pass; free of torch, so that tables can name it."""

from enum import Flag, auto


class Capture(Flag):
    """What a pass has to show beside its logits; what nobody wants is not computed."""

    NOTHING = 0
    HEAD = auto()
    """Pooled features: the input of a linear classifier head, which some networks do not have."""
    MAPS = auto()
    """Feature maps: the last one of each resolution, and the last before pooling."""
    KERNELS = auto()
    """Activation-pattern kernels."""
    LAST_KERNEL = auto()
    """That of the last nonlinearity alone: a tenth of what all of them cost."""
    COVARIANCES = auto()
    """Covariance of the channels that enter each activation."""
    CORRELATIONS = auto()
    """Smallest eigenvalue of the channel correlations behind each convolution, for the first image."""
    PATTERNS = auto()
    """The distinct ways in which units switch over the images."""
    SHORTEST_PATH = auto()
    """The fewest weighted layers on any path from the images to the logits."""
