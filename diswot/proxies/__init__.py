"""The table of proxies and of the aggregates made of them; free of torch, a function is imported when it is first used."""

from diswot.errors import UnknownName
from diswot.proxies.base import Aggregate, Proxy
from diswot.want import Want

_DISWOT = "Dong et al., DisWOT, CVPR 2023"

PROXIES: dict[str, Proxy] = {
    proxy.name: proxy
    for proxy in (
        Proxy("relation", "sample relations of the last maps", f"{_DISWOT}, eq. 5", "diswot.proxies.diswot:relation", Want.MAPS, teacher=True),
        Proxy("semantic", "class-wise classifier gradients", f"{_DISWOT}, eq. 3", "diswot.proxies.diswot:semantic", teacher=True, labels=True),
        Proxy("semantic-gram", "class-by-class Gram of them, any widths", "docs/proxies.md", "diswot.proxies.diswot:semantic_gram", teacher=True, labels=True),
        Proxy("diswot", "semantic + relation as published", _DISWOT, "diswot.proxies.diswot:diswot", Want.MAPS, teacher=True, labels=True),
        Proxy("diswot-gram", "semantic-gram + relation", "docs/proxies.md", "diswot.proxies.diswot:diswot_gram", Want.MAPS, teacher=True, labels=True),
        Proxy("params", "ln of parameters", "a count", "diswot.proxies.costs:params"),
        Proxy("macs", "ln of multiply-accumulates", "a count", "diswot.proxies.costs:macs"),
        Proxy("depth", "layers with trainable products", "a count", "diswot.proxies.costs:depth"),
        Proxy("nwot", "log-determinant of activation patterns", "Mellor et al., ICML 2021, eq. 2", "diswot.proxies.nwot:nwot", Want.KERNELS),
    )
}  # fmt: skip

AGGREGATES: dict[str, Aggregate] = {
    aggregate.name: aggregate
    for aggregate in (
        Aggregate("default", "the recommendation score", "docs/score.md", {"macs": 1.0, "nwot": 1.0, "relation": 0.5}, "standard"),
    )
}  # fmt: skip


def get_score(name: str) -> Proxy | Aggregate:
    """The proxy or aggregate of that name.

    Raises:
        UnknownName: lists the valid names.
    """
    if name in AGGREGATES:
        return AGGREGATES[name]
    if name not in PROXIES:
        raise UnknownName("proxy", name, [*AGGREGATES, *PROXIES])
    return PROXIES[name]


__all__ = ["AGGREGATES", "PROXIES", "Aggregate", "Proxy", "get_score"]
