"""The tables of proxies and of the aggregates made of them; free of torch: functions are imported at first use."""

from collections import ChainMap
from collections.abc import Iterable, Mapping
from typing import Any

from diswot.errors import InputError
from diswot.observation.capture import Capture
from diswot.proxies.base import Aggregate, Passes, Proxy
from diswot_spaces.registry import Registry

_HERE = "diswot.proxies"
_DISWOT = "Dong et al., DisWOT, CVPR 2023"
_ZERO_COST = "Abdelfattah et al., ICLR 2021, sec. 3"
_AZ_NAS = "Lee and Ham, AZ-NAS, CVPR 2024"


def _of_teacher(
    name: str, summary: str, reference: str, function: str, capture: Capture = Capture.NOTHING, *, labels: bool = False
) -> Proxy:
    """A row that compares student and teacher on what the shared forward pass shows."""
    return Proxy(name, summary, reference, f"{_HERE}.{function}", capture, teacher=True, labels=labels)


def _of_student(
    name: str,
    summary: str,
    reference: str,
    function: str,
    passes: Passes,
    capture: Capture = Capture.NOTHING,
    *,
    labels: bool = False,
    init_independent: bool = False,
    version: int = 1,
) -> Proxy:
    """A row that looks at the student alone."""
    function = f"{_HERE}.{function}"
    return Proxy(name, summary, reference, function, capture, False, labels, passes, init_independent, version)


_RECOMMENDATION_ROWS = (
    _of_student(
        "spectral-capacity",
        "effective size on white noise",
        "docs/research/score.md",
        "spectral_capacity:spectral_capacity",
        "own forward",
        version=3,
    ),
    _of_student(
        "input-stability",
        "calm answer to a small change",
        "docs/research/score.md",
        "input_stability:input_stability",
        "own forward",
    ),
    _of_teacher(
        "teacher-cka",
        "keeps apart what the teacher sees",
        "docs/research/score.md",
        "teacher_cka:teacher_cka",
        Capture.LAST_KERNEL,
    ),
    _of_student(
        "min-path-depth",
        "few weighted layers on the shortest path",
        "docs/research/score.md",
        "min_path_depth:min_path_depth",
        "forward",
        Capture.SHORTEST_PATH,
        init_independent=True,
    ),
    _of_student(
        "saturating-capacity",
        "effective size, width with diminishing returns",
        "docs/research/score.md",
        "saturating_capacity:saturating_capacity",
        "own forward",
        version=2,
    ),
    _of_student(
        "layer-capacity",
        "what a typical layer holds",
        "docs/research/score.md",
        "layer_capacity:layer_capacity",
        "own forward",
    ),
    _of_student(
        "trainability",
        "no growth of small changes beyond what training bears",
        "docs/research/score.md",
        "trainability:trainability",
        "own forward",
        version=2,
    ),
)

_DISWOT_ROWS = (
    _of_teacher("relation", "sample relations of the last maps", f"{_DISWOT}, eq. 5", "diswot:relation", Capture.MAPS),
    _of_teacher(
        "semantic", "class-wise classifier gradients", f"{_DISWOT}, eq. 3", "diswot:semantic", Capture.HEAD, labels=True
    ),
    _of_teacher(
        "semantic-gram",
        "class-by-class Gram of them, any widths",
        "docs/reference/proxies.md",
        "diswot:semantic_gram",
        Capture.HEAD,
        labels=True,
    ),
    _of_teacher(
        "diswot", "semantic + relation as published", _DISWOT, "diswot:diswot", Capture.HEAD | Capture.MAPS, labels=True
    ),
    _of_teacher(
        "diswot-gram",
        "semantic-gram + relation",
        "docs/reference/proxies.md",
        "diswot:diswot_gram",
        Capture.HEAD | Capture.MAPS,
        labels=True,
    ),
)

_DISTILLATION_ROWS = (
    _of_teacher("kd", "logits at temperature 4", "Hinton et al., 2014", "distillation:kd"),
    _of_teacher("fitnet", "the map in the middle", "Romero et al., ICLR 2015", "distillation:fitnet", Capture.MAPS),
    _of_teacher("at", "attention maps", "Zagoruyko and Komodakis, ICLR 2017", "distillation:at", Capture.MAPS),
    _of_teacher("sp", "similarities between images", "Tung and Mori, ICCV 2019", "distillation:sp", Capture.MAPS),
    _of_teacher(
        "rkd", "distances and angles between images", "Park et al., CVPR 2019", "distillation:rkd", Capture.HEAD
    ),
    _of_teacher("pkt", "neighbourhoods of images", "Passalis and Tefas, ECCV 2018", "distillation:pkt", Capture.HEAD),
    _of_teacher("cc", "correlations between images", "Peng et al., ICCV 2019", "distillation:cc", Capture.HEAD),
    _of_teacher("nst", "selectivity of channels", "Huang and Wang, 2017", "distillation:nst", Capture.MAPS),
    _of_teacher("ickd", "correlations between channels", "Liu et al., ICCV 2021", "distillation:ickd", Capture.MAPS),
    _of_teacher("cka", "kernel alignment, last maps", "Kornblith et al., ICML 2019", "distillation:cka", Capture.MAPS),
)

_COST_ROWS = (
    _of_student("params", "ln of parameters", "a count", "costs:params", "none", init_independent=True),
    _of_student("macs", "ln of multiply-accumulates", "a count", "costs:macs", "none", init_independent=True),
    _of_student("depth", "layers with trainable products", "a count", "costs:depth", "none", init_independent=True),
)

_ACTIVATION_ROWS = (
    _of_student(
        "nwot",
        "log-determinant of activation patterns",
        "Mellor et al., ICML 2021, eq. 2",
        "activations:nwot",
        "forward",
        Capture.KERNELS,
    ),
    _of_student(
        "swap",
        "distinct activation patterns",
        "Peng et al., ICLR 2024",
        "activations:swap",
        "forward",
        Capture.PATTERNS,
    ),
    _of_student(
        "meco",
        "least eigenvalues of channel correlations",
        "Jiang et al., NeurIPS 2023",
        "activations:meco",
        "forward",
        Capture.CORRELATIONS,
    ),
    _of_student("zen", "reaction to a small change", "Lin et al., ICCV 2021, alg. 1", "zen:zen", "own forward"),
)

_GRADIENT_ROWS = (
    _of_student("l2-norm", "norms of the weights", _ZERO_COST, "saliency:l2_norm", "none"),
    _of_student("grad-norm", "norms of the gradients", _ZERO_COST, "saliency:grad_norm", "backward", labels=True),
    _of_student("snip", "weight times gradient", "Lee et al., ICLR 2019", "saliency:snip", "backward", labels=True),
    _of_student(
        "grasp", "loss of gradient flow", "Wang et al., ICLR 2020", "saliency:grasp", "own backward", labels=True
    ),
    _of_student(
        "fisher",
        "channel times gradient",
        "Turner et al., ICLR 2020",
        "saliency:fisher",
        "backward",
        labels=True,
    ),
    _of_student(
        "zico", "steadiness of gradients", "Li et al., ICLR 2023", "saliency:zico", "own backward", labels=True
    ),
    _of_student(
        "synflow", "ln flow of absolute weights", "Tanaka et al., NeurIPS 2020", "synflow:synflow", "own backward"
    ),
    _of_student("jacob-cov", "correlations of input gradients", _ZERO_COST, "jacobian:jacob_cov", "backward"),
    _of_student("vkdnw", "spread of the Fisher spectrum", "Tybl and Neumann, CVPR 2025", "vkdnw:vkdnw", "own backward"),
)

_AZ_NAS_ROWS = (
    _of_student(
        "az-expressivity",
        "entropy of the blocks' features",
        _AZ_NAS,
        "az_nas:expressivity",
        "own forward",
    ),
    _of_student(
        "az-progressivity",
        "least gain of that entropy",
        _AZ_NAS,
        "az_nas:progressivity",
        "own forward",
    ),
    _of_student("az-trainability", "gradients through the blocks", _AZ_NAS, "az_nas:trainability", "own backward"),
    _of_student("az-complexity", "ln of multiply-accumulates", _AZ_NAS, "costs:macs", "none", init_independent=True),
)

PROXIES: dict[str, Proxy] = {
    proxy.name: proxy
    for proxy in (
        *_RECOMMENDATION_ROWS,
        *_DISWOT_ROWS,
        *_DISTILLATION_ROWS,
        *_COST_ROWS,
        *_ACTIVATION_ROWS,
        *_GRADIENT_ROWS,
        *_AZ_NAS_ROWS,
    )
}

AGGREGATES: dict[str, Aggregate] = {
    aggregate.name: aggregate
    for aggregate in (
        Aggregate(
            "default",
            "the recommendation score",
            "docs/research/score.md",
            {"saturating-capacity": 1.0, "layer-capacity": 0.5, "trainability": 0.3},
            "none",
            version=5,
        ),
        Aggregate(
            "unsaturated",
            "a second opinion: width without diminishing returns",
            "docs/research/score.md",
            {"spectral-capacity": 1.0, "input-stability": 0.2},
            "none",
        ),
        Aggregate(
            "default-v4",
            "the recommendation score before",
            "docs/research/score.md",
            {"spectral-capacity": 1.0, "input-stability": 0.2, "teacher-cka": 1.5, "min-path-depth": 0.15},
            "none",
        ),
        Aggregate(
            "params+nwot",
            "size and activation patterns",
            "docs/reference/proxies.md",
            {"params": 1.0, "nwot": 1.0},
            "log-rank",
        ),
        Aggregate(
            "az-nas",
            "the four components of AZ-NAS",
            _AZ_NAS,
            {"az-expressivity": 1.0, "az-progressivity": 1.0, "az-trainability": 1.0, "az-complexity": 1.0},
            "log-rank",
        ),
        Aggregate(
            "vkdnw-agg",
            "VKDNW with four other proxies",
            "Tybl and Neumann, CVPR 2025",
            {"vkdnw": 1.0, "jacob-cov": 1.0, "az-expressivity": 1.0, "az-trainability": 1.0, "macs": 1.0},
            "log-rank",
        ),
    )
}


def _score(found: object) -> Proxy | Aggregate:
    if not isinstance(found, Proxy | Aggregate):
        raise InputError(f"a score is a diswot.proxies.Proxy or an Aggregate of some, not {found!r}")
    return found


_OURS: Mapping[str, Proxy | Aggregate] = ChainMap[str, Any](PROXIES, AGGREGATES)

SCORES: Registry[Proxy | Aggregate] = Registry("proxy", "diswot.proxies", _OURS, _score)
"""All that can rank students, by name."""


def get_score(score: str | Proxy | Aggregate) -> Proxy | Aggregate:
    """A proxy or an aggregate by its name or its import path `package.module:name`, or as it is given.

    Raises:
        UnknownName: lists the valid names.
        InputError: what the import path names is none.
    """
    return SCORES.find(score)


def get_proxy(name: str) -> Proxy:
    """The proxy of a name or import path: a term of a score.

    Raises:
        UnknownName: lists the valid names.
        InputError: it is no single proxy.
    """
    found = get_score(name)
    if isinstance(found, Aggregate):
        raise InputError(f"{name!r} is a score of several proxies, which cannot be a term of another one")
    return found


def proxies_of(scores: Iterable[str]) -> dict[str, Proxy]:
    """The proxies that these scores are made of by name, each once, in order.

    Raises:
        UnknownName: lists the valid names.
        InputError: a term of an aggregate is no proxy.
    """
    found: dict[str, Proxy] = {}
    for name in scores:
        score = get_score(name)
        found.update({t: get_proxy(t) for t in score.terms} if isinstance(score, Aggregate) else {name: score})
    return found


__all__ = ["AGGREGATES", "PROXIES", "SCORES", "Aggregate", "Proxy", "get_proxy", "get_score", "proxies_of"]
