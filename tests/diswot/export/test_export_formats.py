"""What is exported computes what the network does."""

import json
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from safetensors.torch import load_file, save_file

import diswot
from diswot.errors import DiswotError, InputError
from diswot.export import export_network
from diswot.export.formats import ENDINGS, FORMATS
from diswot_spaces import SearchSpace
from tests.diswot.cli.inside import diswot as command
from tests.diswot.export.made import SHAPE, SPACES_TO_EXPORT, document_of

SMALL = next(one for one in SPACES_TO_EXPORT if one.name == "cifar-resnet")


@pytest.fixture(name="weights", scope="module")
def some_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of weights for the smallest ResNet, and running statistics that are not those of the start."""
    network = document_of(SMALL).build()
    state = {name: one + 0.1 if name.endswith("running_mean") else one for name, one in network.state_dict().items()}
    path = tmp_path_factory.mktemp("weights") / "student.safetensors"
    save_file(state, path)
    return path


def logits_of(weights: Path, images: torch.Tensor) -> torch.Tensor:
    network = document_of(SMALL).build()
    network.load_state_dict(load_file(weights))
    with torch.inference_mode():
        logits: torch.Tensor = network.eval()(images)
    return logits


@pytest.mark.parametrize("space", SPACES_TO_EXPORT, ids=lambda space: space.name)
def test_onnx_gives_the_logits_of_torch_for_any_number_of_images(space: SearchSpace, tmp_path: Path) -> None:
    document = document_of(space)
    path = tmp_path / "student.onnx"
    export_network(document, path, seed=3)
    script = tmp_path / "student.ts"
    export_network(document, script, "torchscript", seed=3)
    onnx.checker.check_model(str(path))
    assert json.loads({one.key: one.value for one in onnx.load(path).metadata_props}["diswot"])["arch"] == document.arch
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        network = torch.jit.load(script)  # type: ignore[no-untyped-call]
    for count in (1, 5):
        images = torch.randn(count, *SHAPE)
        (found,) = session.run(None, {"images": images.numpy()})
        with torch.inference_mode():
            np.testing.assert_allclose(np.asarray(found), network(images).numpy(), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["student.json", "student.py", "student.pt", "student.ts"])
def test_weights_leave_with_the_network(name: str, weights: Path, tmp_path: Path) -> None:
    path = tmp_path / name
    files = export_network(document_of(SMALL), path, "torchscript" if name.endswith("ts") else None, weights)
    images = torch.randn(2, *SHAPE)
    if name.endswith(".ts"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            network = torch.jit.load(path)  # type: ignore[no-untyped-call]
    elif name.endswith(".pt"):
        content = torch.load(path, weights_only=True)
        network = diswot.build(content["network"])
        network.load_state_dict(content["state_dict"])
    else:
        beside = tmp_path / "student.safetensors"
        assert files == [path, beside]
        if name.endswith(".json"):
            assert json.loads(path.read_text(encoding="utf-8"))["weights"] == "student.safetensors"
            network = diswot.build(path)
        else:
            namespace: dict[str, object] = {"__name__": "student"}
            exec(path.read_text(encoding="utf-8"), namespace)
            network = namespace["CifarResNet"]()  # type: ignore[operator]
        network.load_state_dict(load_file(beside))
    with torch.inference_mode():
        assert torch.allclose(network.eval()(images), logits_of(weights, images), atol=1e-6)


def test_the_seed_decides_random_weights(tmp_path: Path) -> None:
    paths = [tmp_path / f"{i}.pt" for i in range(3)]
    for path, seed in zip(paths, (1, 1, 2), strict=True):
        export_network(document_of(SMALL), path, seed=seed)
    first, again, other = (torch.load(path, weights_only=True)["state_dict"]["stem.0.0.weight"] for path in paths)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_every_format_is_in_the_help() -> None:
    shown = command("export", "--help").stdout
    assert all(name in shown for name in FORMATS)
    assert set(ENDINGS.values()) == FORMATS.keys() - {"torchscript"}


def test_a_network_that_onnx_cannot_hold_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no such operator")

    monkeypatch.setattr(torch.onnx, "export", fail)
    with pytest.raises(InputError, match="cannot be written as ONNX: no such operator"):
        export_network(document_of(SMALL), tmp_path / "student.onnx")


def test_the_command_writes_a_student_of_a_search(tmp_path: Path) -> None:
    result = {
        "schema": 2,
        "search": {"space": "cifar-resnet", "teacher": {"num_classes": 10, "in_shape": [3, 32, 32]}},
        "recommended": {"arch": "1-1-1"},
        "alternatives": [{"arch": "1-1-3"}],
    }
    (tmp_path / "result.json").write_text(json.dumps(result), encoding="utf-8")
    out = tmp_path / "deep" / "student.json"
    done = command("export", "--search", tmp_path, "--student", "2", "--out", out, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["files"] == [str(out)]
    assert json.loads(out.read_text(encoding="utf-8"))["arch"] == "1-1-3"
    done = command("export", "--search", out, "--out", tmp_path / "student.svg")
    assert "1-1-3 of cifar-resnet, for 10 classes and images of 3x32x32: 226,010 parameters" in done.stdout
    assert (tmp_path / "student.svg").read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["1-1-1", "--out", "s.xyz"], "--format must be given, since 's.xyz' ends in none of .json, .onnx, .py, "),
        (["1-1-1", "--out", "s.json", "--format", "keras"], "unknown format 'keras'; valid: json, onnx, python, svg, "),
        (["1-1-2", "--out", "s.json"], "depth '2' of stage 3 in '1-1-2' is not one of 1, 3, 5, 7"),
        (["1-1-1", "--out", "s.json", "--classes", "0"], "classes must be at least 1, not 0"),
        (["1-1-1", "--out", "s.json", "--student", "2"], "--student is one of a search: name its folder with --search"),
        (
            ["--out", "s.json"],
            "name an architecture, such as 3-3-3 with --space cifar-resnet, or a search with --search",
        ),
        (["1-1-1", "--out", "s.json", "--search", "."], "--search says which network it is: leave out ARCH, --space"),
        (["1-1-1", "--out", "s.json", "--weights", "none.pt"], "weights file 'none.pt' does not exist"),
    ],
)
def test_wrong_words_are_refused_in_one_sentence(words: list[str], said: str, tmp_path: Path) -> None:
    done = command("export", *words, "--space", "cifar-resnet", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {said}")
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DiswotError, match=r"cannot be written: .* is a file, not a folder"):
        export_network(document_of(SMALL), tmp_path / "file" / "student.json")
