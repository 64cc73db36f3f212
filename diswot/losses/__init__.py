"""Distillation losses: differentiable functions of tensors, least where the student shows what the teacher shows.

Each takes the student's tensor, then the teacher's, and gives a scalar tensor. Proxies take their values between
untrained networks; a training loop takes their gradients.
"""

from diswot.losses.alignment import alignment, centred, kernel_distance
from diswot.losses.distributions import (
    balanced_divergence,
    correlation_distance,
    deviation_scaled_kl,
    relation_of_predictions,
    scaled_by_deviation,
    standardized,
    standardized_kl,
    top_divergence,
)
from diswot.losses.features import contrast, direction_and_norm, hierarchical_context, neighbor_correlation
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
from diswot.losses.targets import (
    enhanced_entropy,
    non_target_divergence,
    non_target_entropy,
    others,
    self_target_entropy,
    soft_entropy,
    target_divergence,
    target_entropy,
    zipf_entropy,
)
from diswot.losses.tokens import contextual_similarity, graph_divergence, neighbor_graph, token_contrast

__all__ = [
    "alignment",
    "attention",
    "balanced_divergence",
    "centred",
    "channel_correlation",
    "channel_distance",
    "congruence",
    "contextual_similarity",
    "contrast",
    "correlation_distance",
    "deviation_scaled_kl",
    "direction_and_norm",
    "enhanced_entropy",
    "graph_divergence",
    "hierarchical_context",
    "hint",
    "kernel_distance",
    "logits_kl",
    "neighbor_correlation",
    "neighbor_graph",
    "non_target_divergence",
    "non_target_entropy",
    "others",
    "pair_distances",
    "probabilistic",
    "relation_of_predictions",
    "relational",
    "row_normalised_gram",
    "same_size",
    "scaled_by_deviation",
    "selectivity",
    "self_target_entropy",
    "similarity_preserving",
    "soft_entropy",
    "standardized",
    "standardized_kl",
    "target_divergence",
    "target_entropy",
    "token_contrast",
    "top_divergence",
    "triple_angles",
    "zipf_entropy",
]
