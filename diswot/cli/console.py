"""Where the command line speaks: results on stdout, progress and errors on stderr."""

from rich.console import Console

STDOUT = Console(soft_wrap=False, highlight=False)
STDERR = Console(stderr=True, highlight=False)


def si(count: float) -> str:
    """A count with a unit: `1.53 M`.

    Example:
        >>> si(1531546)
        '1.53 M'
    """
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= limit:
            return f"{count / limit:.3g} {unit}"
    return f"{count:.3g}"
