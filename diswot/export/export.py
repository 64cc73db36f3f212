"""Writing a network to files."""

from __future__ import annotations

from pathlib import Path

import torch

from diswot.errors import InputError, StorageError, UnknownName
from diswot.export.document import NetworkDocument
from diswot.export.formats import ENDINGS, FORMATS, Exported
from diswot.seeds import derive_seed
from diswot.storage.refusal import obstacle, reason


def export_network(
    document: NetworkDocument, out: Path, form: str | None = None, weights: Path | None = None, seed: int = 0
) -> list[Path]:
    """Write a network to a file.

    Args:
        document: which network; `diswot.export.document` reads it from JSON or describes an architecture.
        out: the file.
        form: one of `FORMATS`; by default what the file's name ends in.
        weights: file of weights, as a teacher takes it; random ones by seed if left out.
        seed: of random weights.

    Returns:
        The files that were written, `out` first.

    Raises:
        InputError: the format is unknown, or cannot hold what the network computes.
        UnreadableData: the weights do not fit.
        StorageError: a file cannot be written.
    """
    write = FORMATS[format_of(out, form)]
    if found := obstacle(out.parent):
        raise InputError(f"--out {str(out)!r} cannot be written: {found}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(seed, "export"))
        network = document.build()
    if weights is not None:
        from diswot.teachers.weights import load_weights

        load_weights(network, weights, document.title)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        return write(Exported(document, network.eval(), trained=weights is not None), out)
    except OSError as error:
        raise StorageError(f"{str(out)!r} cannot be written: {reason(error)}") from error


def format_of(out: Path, form: str | None) -> str:
    """The format that is asked for, or that the name of a file means.

    Raises:
        UnknownName: there is no such format.
        InputError: none is asked for, and the name means none.
    """
    if form is None:
        if out.suffix not in ENDINGS:
            raise InputError(
                f"--format must be given, since {out.name!r} ends in none of {', '.join(ENDINGS)}; "
                f"one of {', '.join(FORMATS)}"
            )
        return ENDINGS[out.suffix]
    if form not in FORMATS:
        raise UnknownName("format", form, FORMATS)
    return form
