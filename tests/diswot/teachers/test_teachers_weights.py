"""Weights as people have them: loaded, or called what they are."""

import argparse
import gzip
import pickle
import re
import warnings
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn

from diswot.errors import InputError, UnreadableData
from diswot.spec.teacher import TeacherSpec
from diswot.teachers.teacher import build_teacher

Weights = dict[str, Tensor]
SPEC = TeacherSpec("resnet20", 10)


def trained(name: str = "resnet20", classes: int = 10) -> Weights:
    """Weights whose running statistics are those of a trained network: not zero and one."""
    module = build_teacher(TeacherSpec(name, classes), seed=11)
    generator = torch.Generator().manual_seed(0)
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm2d):
            assert layer.running_mean is not None
            assert layer.running_var is not None
            layer.running_mean.normal_(0.0, 0.5, generator=generator)
            layer.running_var.uniform_(0.5, 2.0, generator=generator)
    return dict(module.state_dict())


def write(content: object, folder: Path, name: str = "teacher.pth") -> Path:
    path = folder / name
    if path.suffix == ".safetensors":
        assert isinstance(content, dict)
        save_file({key: value.contiguous() for key, value in content.items()}, path)
    else:
        torch.save(content, path)
    return path


def loaded(path: Path, name: str = "resnet20", classes: int = 10) -> Weights:
    return dict(build_teacher(TeacherSpec(name, classes, weights=path), seed=0).state_dict())


def same(a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> bool:
    return all(torch.equal(a[name], b[name]) for name in a if not name.endswith("num_batches_tracked"))


def refused(path: Path, message: str, error: type[InputError] = UnreadableData, name: str = "resnet20") -> None:
    with pytest.raises(error, match=f"^{re.escape(message)}") as caught:
        loaded(path, name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["a.safetensors", "a.pth", "a.pt", "a.bin", "safetensors.pth"])
def test_weights_are_those_of_the_file_whatever_its_ending(tmp_path: Path, name: str) -> None:
    weights = trained()
    path = write(weights, tmp_path, name)
    if name == "safetensors.pth":
        path = write(weights, tmp_path, "x.safetensors").rename(path)
    assert same(weights, loaded(path))


def test_the_format_of_old_torch_is_read(tmp_path: Path) -> None:
    weights = trained()
    torch.save(weights, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    assert same(weights, loaded(tmp_path / "old.pth"))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_weights_of_another_precision(tmp_path: Path, dtype: torch.dtype) -> None:
    weights = {name: value.to(dtype) if value.is_floating_point() else value for name, value in trained().items()}
    found = loaded(write(weights, tmp_path))
    assert same({name: value.float() for name, value in weights.items() if value.is_floating_point()}, found)


def test_home_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    write(trained(), tmp_path)
    assert TeacherSpec("resnet20", weights=Path("~/teacher.pth")).weights == tmp_path / "teacher.pth"
    with pytest.raises(InputError, match=r"^weights '~no-such-user/x' start in no user's home"):
        TeacherSpec("resnet20", weights=Path("~no-such-user/x"))


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "model.", "backbone.", "module._orig_mod.", "a.b.c."])
@pytest.mark.parametrize("name", ["teacher.pth", "teacher.safetensors"])
def test_wrappers_are_taken_off(tmp_path: Path, prefix: str, name: str) -> None:
    weights = trained()
    assert same(weights, loaded(write({f"{prefix}{key}": value for key, value in weights.items()}, tmp_path, name)))


def test_a_compiled_part_is_taken_out_of_its_wrapper(tmp_path: Path) -> None:
    weights = trained()
    wrapped = {key.replace("blocks.", "blocks._orig_mod."): value for key, value in weights.items()}
    assert same(weights, loaded(write(wrapped, tmp_path)))


def test_what_lies_beside_the_network_is_passed_over(tmp_path: Path) -> None:
    weights = trained()
    lightning = {f"model.{key}": value for key, value in weights.items()} | {"criterion.weight": torch.ones(10)}
    assert same(weights, loaded(write({"epoch": 3, "state_dict": lightning}, tmp_path)))


@pytest.mark.parametrize(
    "pack",
    [
        lambda w: {"state_dict": w, "epoch": 200, "best": 0.7, "arch": "resnet20", "optimizer": {"state": {}}},
        lambda w: {"model": w},
        lambda w: {"net": w, "acc": 93.1},
        lambda w: {"model": {"state_dict": w}},
        lambda w: {"model": {k: torch.zeros_like(v) for k, v in w.items()}, "model_ema": w},
        lambda w: {"state_dict": {k: torch.zeros_like(v) for k, v in w.items()}, "state_dict_ema": w},
        lambda w: OrderedDict(w, epoch=7),
        lambda w: {k: nn.Parameter(v, requires_grad=v.is_floating_point()) for k, v in w.items()},
    ],
)
def test_checkpoints_are_unpacked(tmp_path: Path, pack: Callable[[Weights], object]) -> None:
    weights = trained()
    assert same(weights, loaded(write(pack(weights), tmp_path)))


def test_counters_of_batches_seen_may_be_left_out(tmp_path: Path) -> None:
    weights = {k: v for k, v in trained().items() if not k.endswith("num_batches_tracked")}
    for name in ("a.safetensors", "a.pth"):
        assert same(weights, loaded(write(weights, tmp_path, name)))


def conv(c_in: int, c_out: int, size: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(c_in, c_out, size, stride, size // 2, bias=False)


class PublicBlock(nn.Module):
    """A basic block as people write it; `wide` for one that normalizes first."""

    def __init__(self, c_in: int, c_out: int, stride: int, shortcut: str, *, wide: bool) -> None:
        super().__init__()
        self.wide, self.name, self.same = wide, shortcut, c_in == c_out
        self.bn1, self.bn2 = nn.BatchNorm2d(c_in if wide else c_out), nn.BatchNorm2d(c_out)
        self.conv1, self.conv2 = conv(c_in, c_out, 3, stride), conv(c_out, c_out, 3)
        way = conv(c_in, c_out, 1, stride)
        if c_in != c_out:
            self.add_module(shortcut, way if wide else nn.Sequential(way, nn.BatchNorm2d(c_out)))

    def forward(self, x: Tensor) -> Tensor:
        way = getattr(self, self.name, nn.Identity())
        if self.wide:
            pre = F.relu(self.bn1(x))
            wide: Tensor = self.conv2(F.relu(self.bn2(self.conv1(pre)))) + way(x if self.same else pre)
            return wide
        summed: Tensor = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))) + way(x)
        return F.relu(summed)


class PublicResNet(nn.Module):
    """The public CIFAR ResNets and Wide ResNets, with the names of their parts."""

    def __init__(self, blocks: int, widths: tuple[int, ...], shortcut: str, head: str, *, wide: bool) -> None:
        super().__init__()
        self.wide, self.head = wide, head
        self.conv1 = conv(3, 16, 3)
        self.bn1 = nn.BatchNorm2d(widths[-1] if wide else 16)
        c_in = 16
        for stage, width in enumerate(widths, 1):
            layers = []
            for i in range(blocks):
                layers.append(PublicBlock(c_in, width, 2 if stage > 1 and not i else 1, shortcut, wide=wide))
                c_in = width
            body: nn.Module = nn.Sequential(*layers)
            if wide:
                body, inner = nn.Module(), body
                body.add_module("layer", inner)
            self.add_module(f"{'block' if wide else 'layer'}{stage}", body)
        self.add_module(head, nn.Linear(c_in, 10))

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(x)
        x = x if self.wide else F.relu(self.bn1(x))
        for stage in (1, 2, 3):
            x = self.get_submodule(f"block{stage}.layer" if self.wide else f"layer{stage}")(x)
        x = F.relu(self.bn1(x)) if self.wide else x
        out: Tensor = self.get_submodule(self.head)(x.mean((2, 3)))
        return out


@pytest.mark.parametrize(
    ("name", "public"),
    [
        ("resnet20", lambda: PublicResNet(3, (16, 32, 64), "downsample", "fc", wide=False)),
        ("resnet32", lambda: PublicResNet(5, (16, 32, 64), "shortcut", "linear", wide=False)),
        ("wrn-40-2", lambda: PublicResNet(6, (32, 64, 128), "convShortcut", "fc", wide=True)),
    ],
)
@pytest.mark.parametrize("file", ["a.safetensors", "a.pth"])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_networks_with_the_public_names_compute_what_they_computed(
    name: str, public: Callable[[], nn.Module], file: str, prefix: str, tmp_path: Path
) -> None:
    """A safetensors file lists its tensors by name, so that only the table of names can tell which is which."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = public()
        network.train()(torch.randn(8, 3, 32, 32))
    network.eval()
    weights = {prefix + key: value for key, value in network.state_dict().items()}
    teacher = build_teacher(TeacherSpec(name, 10, weights=write(weights, tmp_path, file)), seed=0)
    images = torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        torch.testing.assert_close(teacher(images), network(images))


def renamed(weights: Weights) -> Weights:
    """Other names in the same order, which end as before."""
    return {f"part{i}.{name.rpartition('.')[2]}": value for i, (name, value) in enumerate(weights.items())}


def test_with_unknown_names_tensors_are_taken_by_their_place_where_all_agree(tmp_path: Path) -> None:
    weights = trained()
    assert same(weights, loaded(write(renamed(weights), tmp_path)))


def test_the_place_says_nothing_in_a_file_that_is_sorted_by_name(tmp_path: Path) -> None:
    path = write(renamed(trained()), tmp_path, "a.safetensors")
    message = f"the weights in {str(path)!r} do not fit resnet20 with 10 classes: they go by other names, such as 'part"
    refused(path, message)


def test_the_place_says_nothing_where_the_ends_of_names_differ(tmp_path: Path) -> None:
    """Scales, offsets, means and variances of a norm are of one shape."""
    swapped = {
        name.replace("running_mean", "x").replace("running_var", "running_mean").replace("x", "running_var"): value
        for name, value in renamed(trained()).items()
    }
    refused(write(swapped, tmp_path), f"the weights in {str(tmp_path / 'teacher.pth')!r} do not fit resnet20")


def test_weights_of_another_class_count(tmp_path: Path) -> None:
    path = write(trained(classes=100), tmp_path)
    message = (
        f"the weights in {str(path)!r} do not fit resnet20 with 10 classes: 2 are of another shape "
        "('classifier.weight' is (100, 64) and should be (10, 64), 'classifier.bias' is (100,) and should be (10,))"
    )
    refused(path, message)


def test_misfits_are_listed_by_kind(tmp_path: Path) -> None:
    head = f"the weights in {str(tmp_path / 'teacher.pth')!r} do not fit resnet20 with 10 classes: "
    weights = trained()
    del weights["classifier.bias"]
    refused(write(weights, tmp_path), head + "1 is missing ('classifier.bias')")
    refused(
        write(trained() | {"head.weight": torch.zeros(1)}, tmp_path),
        head + "1 is unknown to the network ('head.weight')",
    )
    weights = {f"module.{name}": value for name, value in trained().items() if "conv2" not in name}
    weights |= {"module.stem.0.0.weight": torch.zeros(3), "module.head.weight": torch.zeros(1)}
    refused(
        write(weights, tmp_path),
        head + "1 is of another shape ('module.stem.0.0.weight' is (3,) and should be (16, 3, 3, 3)); 45 are missing "
        "('blocks.0.conv2.0.weight', 'blocks.0.conv2.1.weight', 'blocks.0.conv2.1.bias' and 42 more); "
        "1 is unknown to the network ('module.head.weight')",
    )


def test_a_deeper_network_has_blocks_too_many(tmp_path: Path) -> None:
    path = write(trained("resnet32"), tmp_path, "a.safetensors")
    with pytest.raises(UnreadableData, match=r"are of another shape .*; 70 are unknown to the network"):
        loaded(path)


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("stem.0.1.running_var", torch.nan, "NaN"),
        ("classifier.bias", torch.inf, "infinity"),
        ("blocks.0.conv1.0.weight", -torch.inf, "infinity"),
    ],
)
def test_numbers_that_are_none_are_found(tmp_path: Path, name: str, value: float, kind: str) -> None:
    weights = {f"module.{key}": tensor for key, tensor in trained().items()}
    weights[f"module.{name}"].view(-1)[0] = value
    path = write(weights, tmp_path)
    refused(path, f"tensor 'module.{name}' in {str(path)!r} holds {kind}; such a teacher shows nothing")


def test_numbers_too_large_for_the_network_are_found(tmp_path: Path) -> None:
    weights = {key: tensor.double() if tensor.is_floating_point() else tensor for key, tensor in trained().items()}
    weights["classifier.bias"][3] = 1e300
    path = write(weights, tmp_path)
    refused(path, f"tensor 'classifier.bias' in {str(path)!r} holds infinity")


@pytest.mark.parametrize("dtype", [torch.int8, torch.uint8, torch.int64, torch.bool])
def test_quantized_weights_are_refused(tmp_path: Path, dtype: torch.dtype) -> None:
    weights = trained()
    weights["classifier.weight"] = weights["classifier.weight"].to(dtype)
    path = write(weights, tmp_path, "a.safetensors")
    kind = str(dtype).removeprefix("torch.")
    refused(path, f"tensor 'classifier.weight' in {str(path)!r} holds {kind}, and a teacher computes with real numbers")


def zipped(path: Path) -> None:
    with ZipFile(path, "w") as archive:
        archive.writestr("teacher.pth", b"")


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 1115394\n"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "empty"),
        (POINTER, "a Git LFS pointer, not the weights themselves; fetch them with `git lfs pull`"),
        (b"<!DOCTYPE html>\n<html>", "a web page, not the weights themselves; download the file that the page links"),
        (b'\n<html lang="en">', "a web page, not the weights themselves"),
        (b'{"metadata": {"total_size": 1}}', "a text that begins with '{\"metadata\":'"),
        (b"Not Found", "a text that begins with 'Not'"),
        (gzip.compress(b"x", mtime=0), "a gzip archive; unpack it"),
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras writes them; weights are those of PyTorch"),
        (pickle.dumps({"a": 1}), "a pickle, which can run code when it is read"),
        (b"\xff" * 100, "neither a safetensors file nor one that torch.save wrote"),
        (b"x" * 257 + b"ustar", "a tar archive; unpack it"),
    ],
)
def test_what_is_no_file_of_weights_is_called_what_it_is(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "teacher.safetensors"
    path.write_bytes(content)
    refused(path, f"weights file {str(path)!r} is {what}")


def test_a_zip_archive_of_something_else(tmp_path: Path) -> None:
    zipped(tmp_path / "teacher.zip")
    refused(tmp_path / "teacher.zip", f"weights file {str(tmp_path / 'teacher.zip')!r} is a zip archive; unpack it")


def test_a_folder(tmp_path: Path) -> None:
    message = f"weights {str(tmp_path)!r} is a folder; name the file in it"
    refused(tmp_path, f"{message}; it has none that ends in .safetensors, .pth, .pt, .bin")
    path = write(trained(), tmp_path, "model.safetensors")
    refused(tmp_path, f"{message}, such as {str(path)!r}")


def test_files_that_were_not_copied_whole(tmp_path: Path) -> None:
    path = write(trained(), tmp_path, "a.safetensors")
    whole = path.read_bytes()
    for damaged in (whole[:-100], whole[:50]):
        path.write_bytes(damaged)
        refused(path, f"{str(path)!r} is a damaged safetensors file, perhaps one that was not copied whole: ")
    path = tmp_path / "a.pth"
    for new in (True, False):
        torch.save(trained(), path, _use_new_zipfile_serialization=new)
        whole = path.read_bytes()
        for damaged in (whole[:-20], whole[: len(whole) // 2], whole[:200]):
            path.write_bytes(damaged)
            refused(path, f"{str(path)!r} is a damaged file of torch.save, perhaps one that was not copied whole")


@pytest.mark.parametrize(
    ("beside", "what"),
    [
        (np.float64(93.1), r"numpy\.\w+\.multiarray\.scalar"),
        (np.zeros(3), r"numpy\.\w+\.multiarray\._reconstruct"),
        (Path("runs"), r"pathlib\.\w+"),
        (argparse.Namespace(lr=0.1), r"argparse\.Namespace"),
        (nn.Linear(2, 2), r"torch\.nn\.modules\.linear\.Linear"),
    ],
)
def test_what_may_not_lie_beside_tensors(tmp_path: Path, beside: object, what: str) -> None:
    path = write({"state_dict": trained(), "beside": beside}, tmp_path)
    message = (
        "beside tensors, which is not read, since it can run code; save the state_dict alone: "
        "torch.save(model.state_dict(), FILE)"
    )
    with pytest.raises(UnreadableData, match=f"holds {what} {re.escape(message)}$"):
        loaded(path)


def test_a_torchscript_program(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.script(nn.Linear(2, 2)), tmp_path / "a.pt")
    refused(tmp_path / "a.pt", f"{str(tmp_path / 'a.pt')!r} is a TorchScript program, which can run code; save the")


@pytest.mark.parametrize("content", [torch.zeros(3), [torch.zeros(3)], {"epoch": 3}, {"state_dict": {}}])
def test_a_file_without_a_state_dict(tmp_path: Path, content: object) -> None:
    path = write(content, tmp_path)
    refused(path, f"{str(path)!r} holds no state_dict: names of parameters with their tensors")
