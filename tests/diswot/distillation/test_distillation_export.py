"""A distilled student in another runtime."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from diswot.data.splits import read_splits
from diswot.data.training import gather
from diswot.distillation.job import run_distillation
from diswot.distillation.student import load_student
from diswot.export import export_network
from diswot.export.document import describe
from tests.diswot.distillation.made import DIGITS, small


@pytest.mark.slow
def test_a_student_exported_to_onnx_gives_the_accuracy_that_was_evaluated(tmp_path: Path) -> None:
    runtime = pytest.importorskip("onnxruntime")
    spec = small(student="cifar-resnet:1-1-1", distiller="none", train_teacher=False, epochs=2)
    spec = replace(spec, data=replace(spec.data, train_images=300))
    run_distillation(spec, tmp_path / "out")
    student = load_student(tmp_path / "out")
    document = describe("cifar-resnet", "1-1-1", 10, DIGITS)
    export_network(document, tmp_path / "student.onnx", None, tmp_path / "out" / "student.safetensors", 0)
    session = runtime.InferenceSession(tmp_path / "student.onnx")
    images = gather(read_splits("digits", None).test, DIGITS, 0)
    shown = student.preprocess(torch.stack([images.image(i) for i in range(len(images))]).float() / 255)
    (logits,) = session.run(None, {session.get_inputs()[0].name: shown.numpy()})
    said = torch.from_numpy(logits).argmax(1)
    accuracy = float((said == images.labels).double().mean())
    assert accuracy == student.evaluate().accuracy == student.report.accuracy
    assert accuracy > 0.1
