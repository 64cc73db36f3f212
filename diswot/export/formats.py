"""The forms in which a network leaves: one function each, that writes files and says which."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_model
from torch import nn

from diswot.errors import InputError, reason_of
from diswot.export.document import NetworkDocument
from diswot.export.python import python_source
from diswot.report.diagram import draw_network
from diswot.report.stages import find_stages
from diswot.storage.atomic import atomic_write


@dataclass(frozen=True)
class Exported:
    """A network to be written.

    Attributes:
        document: which one.
        network: with its weights, in evaluation mode.
        trained: whether the weights are of a file.
    """

    document: NetworkDocument
    network: nn.Module
    trained: bool


def write_json(one: Exported, path: Path) -> list[Path]:
    """What `diswot.build` reads, and the weights beside it."""
    weights = _write_weights(one, path)
    name = weights[0].name if weights else None
    document = one.document.model_copy(update={"weights": name})
    atomic_write(path, document.model_dump_json(indent=2) + "\n")
    return [path, *weights]


def write_python(one: Exported, path: Path) -> list[Path]:
    """One module that needs torch alone, and the weights beside it."""
    fresh = one.document.build()  # whose parameters start as they shall start there
    atomic_write(path, python_source(fresh, one.document.in_shape, f"{one.document.title}."))
    return [path, *_write_weights(one, path)]


def write_torch(one: Exported, path: Path) -> list[Path]:
    """The document and the `state_dict` in one file, which `torch.load` reads with `weights_only`."""
    file = io.BytesIO()
    torch.save({"network": one.document.model_dump(mode="json"), "state_dict": one.network.state_dict()}, file)
    atomic_write(path, file.getvalue())
    return [path]


def write_torchscript(one: Exported, path: Path) -> list[Path]:
    """A traced program with its weights, in evaluation mode, for any number of images."""
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", (DeprecationWarning, FutureWarning))
        program = torch.jit.trace(one.network, _images(one))  # type: ignore[no-untyped-call]
        torch.jit.save(program, file)
    atomic_write(path, file.getvalue())
    return [path]


def write_onnx(one: Exported, path: Path) -> list[Path]:
    """An ONNX model with its weights, in evaluation mode, for any number of images; checked by running it.

    Raises:
        InputError: a package is missing, the network cannot be exported, or computes something else there.
    """
    try:
        import onnxruntime
        import onnxscript  # noqa: F401  # what torch writes ONNX with
    except ImportError as error:
        raise InputError(f"ONNX needs {error.name}, which is not installed: pip install 'diswot[export]'") from error
    example = _images(one)
    try:
        program = torch.onnx.export(
            one.network,
            (example,),
            input_names=["images"],
            output_names=["logits"],
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            dynamo=True,
            verbose=False,
        )
    except Exception as error:  # the exporter may fail at anything
        raise InputError(f"{one.document.title}, cannot be written as ONNX: {reason_of(error)}") from error
    assert program is not None, "where no file is named, the program is returned"
    program.model.metadata_props["diswot"] = one.document.model_dump_json()
    content = program.model_proto.SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    with torch.no_grad():
        for images in (example[:1], torch.cat([example, example.flip(0), example * 0.5])):
            (found,) = session.run(None, {"images": images.numpy()})
            if not torch.allclose(torch.from_numpy(found), one.network(images), rtol=1e-4, atol=1e-4):
                raise InputError(f"{one.document.title}, computes something else as ONNX")
    atomic_write(path, content)
    return [path]


def write_svg(one: Exported, path: Path) -> list[Path]:
    """A diagram of the network's stages."""
    atomic_write(path, draw_network(find_stages(one.document.build, one.document.in_shape)))
    return [path]


FORMATS: dict[str, Callable[[Exported, Path], list[Path]]] = {
    "json": write_json,
    "onnx": write_onnx,
    "python": write_python,
    "svg": write_svg,
    "torch": write_torch,
    "torchscript": write_torchscript,
}
"""The formats by name."""

ENDINGS = {".json": "json", ".onnx": "onnx", ".py": "python", ".svg": "svg", ".pt": "torch", ".pth": "torch"}
"""The format that a file's name means where none is said."""


def _images(one: Exported) -> torch.Tensor:
    """Two images: the exporters take what is one for a constant."""
    return torch.randn(2, *one.document.in_shape, generator=torch.Generator().manual_seed(0))


def _write_weights(one: Exported, path: Path) -> list[Path]:
    """The weights in a safetensors file of the same name, if they are of a file; random ones anybody can draw."""
    if not one.trained:
        return []
    weights = path.with_suffix(".safetensors")
    partial = weights.with_name(f".{weights.name}.partial")
    save_model(one.network, str(partial))
    partial.replace(weights)
    return [weights]
