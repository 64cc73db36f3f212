"""Distillation losses: differentiable functions of tensors, least where the student shows what the teacher shows.

Each takes the student's tensor, then the teacher's, and gives a scalar tensor. Proxies take their values between
untrained networks; a training loop takes their gradients.
"""

from diswot.losses.alignment import alignment, centred, kernel_distance
from diswot.losses.gradients import channel_distance
from diswot.losses.logits import logits_kl
from diswot.losses.maps import attention, channel_correlation, hint, same_size, selectivity
from diswot.losses.relations import (
    congruence,
    pair_distances,
    probabilistic,
    relational,
    row_normalised_gram,
    similarity_preserving,
    triple_angles,
)

__all__ = [
    "alignment",
    "attention",
    "centred",
    "channel_correlation",
    "channel_distance",
    "congruence",
    "hint",
    "kernel_distance",
    "logits_kl",
    "pair_distances",
    "probabilistic",
    "relational",
    "row_normalised_gram",
    "same_size",
    "selectivity",
    "similarity_preserving",
    "triple_angles",
]
