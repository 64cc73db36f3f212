"""Mathematics of activation patterns."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

SAMPLED_POSITIONS = 2048
TINY = 1e-9
MANY_UNITS = 256
"""From here on, products of integers pay; torch gets those of a single unit wrong."""
_BITS = 62
"""Images that one int64 word of a pattern holds."""


def agreement(values: Tensor) -> Tensor:
    """Count, for each pair of images, the units whose signs agree.

    `K_ij = #{u : [x_iu > 0] = [x_ju > 0]}`, the kernel of Mellor et al., "Neural Architecture Search without Training",
    ICML 2021, section 3, by one matrix product: `n - s_i - s_j + 2 P P^T` for patterns P with row sums s.

    Args:
        values: `(N, ...)` inputs of a nonlinearity.

    Returns:
        `(N, N)` float32, exact below 2^24 units; `n` on the diagonal.

    Example:
        >>> agreement(torch.tensor([[1.0, -1.0], [2.0, 3.0]]))
        tensor([[2., 1.],
                [1., 2.]])
    """
    rows = _rows(values)
    both = _common(rows)  # on its diagonal, the units that are on for one image
    active = both.diagonal()
    return rows.shape[1] - active[:, None] - active[None, :] + 2.0 * both


def spectral_entropy(values: Tensor) -> float:
    """Entropy, in nats, of the normalised eigenvalues of the channel covariance.

    The expressivity of one block of Lee and Ham, "AZ-NAS", CVPR 2024, equation 2: positions of all images are the
    observations, channels the variables.

    Args:
        values: `(N, C, H, W)` or `(N, C)`.

    Returns:
        Between 0 and ln C; 0 for constant features.
    """
    channels = values.transpose(0, 1).flatten(1) if values.ndim > 2 else values.T
    centred = channels.float() - channels.float().mean(1, keepdim=True)
    spectrum = torch.linalg.eigvalsh((centred @ centred.T / centred.shape[1]).double()).clamp_min(0.0)
    total = spectrum.sum()
    if total <= 0:
        return 0.0
    share = spectrum / total
    return float(torch.special.entr(share).sum())


def sampled_covariance(values: Tensor, *, channels_last: bool = False) -> Tensor:
    """Channel covariance from evenly spread positions, or the Gram matrix of these, whichever is smaller.

    The two have the same eigenvalues but for zeros. Fewer than 4,096 positions are all taken; of more, about 2,048.

    Args:
        values: `(N, C, H, W)`, `(N, C)`, or with the channels last.
        channels_last: whether they are.

    Returns:
        `(K, K)` float32, K the smaller of channels and positions.
    """
    positions = values.reshape(-1, values.shape[-1]) if channels_last or values.ndim == 2 else _positions(values)
    step = len(positions) // SAMPLED_POSITIONS
    rows = positions[:: step + 1 - step % 2].float()  # An odd step does not fall into the rhythm of rows.
    rows = rows - rows.mean(0, keepdim=True)
    return (rows.T @ rows if rows.shape[1] <= len(rows) else rows @ rows.T).div_(len(rows))


def spectral_entropies(covariances: Sequence[Tensor]) -> list[float]:
    """`spectral_entropy` of each covariance `(K, K)`; those of one size are decomposed together, and none twice.

    Returns:
        For each between 0 and ln K; 0 for constant features, `nan` where a variance is not finite: the score is then
        not finite either, which is recorded; the eigenvalues would not converge.
    """
    distinct = {id(one): one for one in covariances}  # Nonlinearities that read one tensor share its covariance.
    found: dict[int, float] = {}
    for size in {len(one) for one in distinct.values()}:
        alike = {key: one for key, one in distinct.items() if len(one) == size}
        found |= zip(alike, _entropies(torch.stack(list(alike.values()))).tolist(), strict=True)
    return [found[id(one)] for one in covariances]


def _entropies(covariances: Tensor) -> Tensor:
    """Of `(A, K, K)`: `(A,)` float64."""
    traces = covariances.diagonal(dim1=1, dim2=2).sum(1)
    usable = (traces > TINY) & torch.isfinite(traces)
    entropies = torch.where(torch.isfinite(traces), 0.0, torch.nan).double()
    shares = torch.linalg.eigvalsh(covariances[usable] / traces[usable, None, None]).double().clamp_min(TINY)
    entropies[usable] = torch.special.entr(shares / shares.sum(1, keepdim=True)).sum(1)
    return entropies


def smallest_correlation(values: Tensor) -> float:
    """Smallest eigenvalue of the correlation matrix between the channels of one image's map.

    The term of one layer of Jiang et al., "MeCo", NeurIPS 2023. A constant channel correlates with nothing, not even
    with itself, as in the authors' code; a map with no more positions than channels has a singular matrix.

    Args:
        values: `(C, H, W)`.

    Returns:
        Between 0 and 1.

    Example:
        >>> smallest_correlation(torch.tensor([[[1.0, 0.0, 0.0, 0.0]], [[0.0, 1.0, 0.0, 0.0]]]))  # 1 - 1/3
        0.6666...
    """
    channels = values.flatten(1).double()
    if channels.shape[1] <= channels.shape[0]:
        return 0.0
    unit = F.normalize(channels - channels.mean(1, keepdim=True), dim=1)
    return float(torch.linalg.eigvalsh(unit @ unit.T)[0].clamp_min(0.0))


def switching_patterns(values: Tensor) -> Tensor:
    """The distinct rows among the units' patterns over the images, as words of bits.

    Args:
        values: `(N, ...)` inputs of a nonlinearity.

    Returns:
        `(distinct, ceil(N / 62))` int64: bit i of a row says whether the unit is on for image i.
    """
    pattern = _rows(values > 0)
    weights = 2 ** torch.arange(_BITS, device=values.device)
    words = [(part * weights[: len(part), None]).sum(0) for part in torch.split(pattern, _BITS)]
    return distinct_rows(torch.stack(words, 1))


def distinct_rows(codes: Tensor) -> Tensor:
    """The distinct rows of `(U, words)` codes."""
    rows: Tensor = torch.unique(codes)[:, None] if codes.shape[1] == 1 else torch.unique(codes, dim=0)
    return rows


def depth_groups(count: int, groups: int) -> list[int]:
    """Which of `groups` equal parts of the depth each of `count` layers belongs to.

    Example:
        >>> depth_groups(5, 3)
        [0, 0, 1, 1, 2]
    """
    return [layer * groups // count for layer in range(count)]


def _common(rows: Tensor) -> Tensor:
    """How many units are on for both of two images: `(N, N)` float32 of rows `(N, units)`.

    In integers where the processor multiplies them faster; the counts are exact either way.
    """
    if rows.device.type == "cpu" and rows.shape[1] >= MANY_UNITS and _has_fast_integers():
        bits = torch.empty(rows.shape, dtype=torch.int8)
        torch.gt(rows, 0, out=bits)
        return torch._int_mm(bits, bits.T).float()
    pattern = torch.empty(rows.shape, dtype=torch.float32, device=rows.device)
    torch.gt(rows, 0, out=pattern)
    return pattern @ pattern.T


@cache
def _has_fast_integers() -> bool:
    return torch.backends.cpu.get_cpu_capability() == "AVX512"


def _positions(values: Tensor) -> Tensor:
    """`(N, C, H, W)` as `(N H W, C)`."""
    return values.permute(0, 2, 3, 1).reshape(-1, values.shape[1])


def _rows(values: Tensor) -> Tensor:
    """`(N, units)` in the memory's own order: which unit is which does not matter, a copy does."""
    if values.ndim == 4 and values.is_contiguous(memory_format=torch.channels_last):
        values = values.permute(0, 2, 3, 1)
    return values.flatten(1)
