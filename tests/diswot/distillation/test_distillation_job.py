"""Whole distillations, from data to report and back from the files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

import diswot
from diswot.distillation.folder import check_empty, read_report
from diswot.distillation.job import run_distillation
from diswot.distillation.student import load_student
from diswot.errors import DiswotError, InputError, UnreadableData
from diswot.spec.images import DataSpec
from diswot.spec.teacher import TeacherSpec
from diswot.storage.lock import LOCK, hold
from tests.diswot.distillation.made import ENDLESS, STUDENT, TEACHER, small, weights_of


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a job with everything in it."""
    folder = tmp_path_factory.mktemp("job") / "out"
    run_distillation(small(compare="alone", epochs=3), folder)
    return folder


def test_a_report_says_what_became_of_teacher_and_student_and_of_the_student_alone(finished: Path) -> None:
    report = read_report(finished)
    assert [one.kind for one in report.groups] == ["teacher", "distilled", "alone"]
    assert report.images == {"train": 270, "valid": 30, "test": 355}
    assert report.accuracy == report.group("distilled").accuracy
    assert report.group("distilled").network == report.group("alone").network == STUDENT
    assert report.group("distilled").distiller == "0.9*kd"
    assert report.group("alone").distiller == "1*none"
    assert report.teacher is not None
    assert report.teacher.accuracy == report.group("teacher").accuracy > 0.3  # of ten classes
    for one in report.trainings:
        assert len(one.history) == 3
        assert one.best_epoch == 1 + max(range(3), key=lambda i: (one.history[i].valid_accuracy, -i))
        assert (one.best.agreement is None) is (one.kind == "teacher")


def test_a_plain_student_is_the_teacher_thinned_to_the_size_of_the_student(tmp_path: Path) -> None:
    spec = small(epochs=1, compare="plain", teacher=TeacherSpec("resnet20", 10, (1, 8, 8)), seeds=2)
    spec = replace(spec, data=replace(spec.data, train_images=80))
    report = run_distillation(replace(spec, student="cifar-resnet:1-1-1"), tmp_path / "out")
    student, plain = report.group("distilled"), report.group("plain")
    assert plain.network == "resnet20 of widths 8-17-34"
    assert abs(plain.params - student.params) < 0.05 * student.params
    assert (student.seeds, plain.seeds) == (2, 2)
    assert student.spread is not None
    one, other = (training for training in report.trainings if training.kind == "distilled")
    assert report.student in ("distilled-0", "distilled-1")
    assert student.accuracy == pytest.approx((one.best.accuracy + other.best.accuracy) / 2)


def test_the_student_comes_back_from_its_files_as_it_was_judged(finished: Path) -> None:
    student, report = load_student(finished), read_report(finished)
    found = student.evaluate()
    kept = next(one.best for one in report.trainings if one.kind == "distilled")
    assert found.model_copy(update={"agreement": kept.agreement}) == kept
    logits = student(torch.rand(3, 1, 8, 8))
    assert logits.shape == (3, 10)


def test_the_page_stands_alone_and_names_what_was_compared(finished: Path) -> None:
    text = (finished / "report.html").read_text()
    assert "the same student, trained alone" in text
    assert "data:image/svg+xml" in text
    assert "http://" not in text.replace("http://www.w3.org", "")


def test_epochs_are_logged_as_lines_of_json(finished: Path) -> None:
    lines = (finished / "trainings" / "distilled-0" / "epochs.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [1, 2, 3]
    assert json.loads(lines[0])["parts"].keys() == {"cross-entropy", "kd"}


def test_a_finished_job_is_not_made_again_and_not_overwritten(finished: Path) -> None:
    before = read_report(finished)
    assert run_distillation(before.spec, finished, lambda *_: pytest.fail("a batch was trained")) == before
    with pytest.raises(InputError, match="holds a distillation; go on with --resume"):
        check_empty(finished)


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(InputError, match=r"is not empty; choose another folder$"):
        check_empty(tmp_path)


def test_a_folder_belongs_to_one_process(tmp_path: Path) -> None:
    with hold(tmp_path / LOCK), pytest.raises(InputError, match=r"^another process distils in"):
        run_distillation(small(), tmp_path)


def test_three_lines_of_python_distil_a_student(tmp_path: Path) -> None:
    options = {"classes": 10, "input": "1x8x8", "epochs": 1, "train_images": 100, "train_teacher": True}
    done = diswot.distill(STUDENT, teacher=TEACHER, out=tmp_path / "out", progress=False, **options)
    assert done.report.accuracy == done.report.group("distilled").accuracy
    assert not done.network.training


def test_a_teacher_with_weights_is_used_as_it_is(finished: Path, tmp_path: Path) -> None:
    weights = finished / "trainings" / "teacher-0" / "best.safetensors"
    spec = small(epochs=1, train_teacher=False, teacher=TeacherSpec(TEACHER, 10, (1, 8, 8), weights))
    report = run_distillation(spec, tmp_path / "out")
    assert report.teacher is not None
    assert report.teacher.accuracy == read_report(finished).group("teacher").accuracy
    assert [one.kind for one in report.groups] == ["distilled"]


def test_equal_specs_give_equal_weights_whoever_prepares_the_images(tmp_path: Path) -> None:
    one = small(epochs=1, distiller="none", train_teacher=False)
    run_distillation(one, tmp_path / "a")
    run_distillation(replace(one, data=replace(one.data, data_workers=2)), tmp_path / "b")
    a, b = (weights_of(tmp_path / name, "distilled-0") for name in "ab")
    assert all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"train_teacher": False},
            f"teacher {TEACHER} has no trained weights; give --teacher-weights FILE, or train it",
        ),
        ({"distiller": "kd + kd"}, r"distiller 'kd' stands twice in 'kd \+ kd'"),
        ({"distiller": "kd("}, r"distiller 'kd\(' cannot be read at 'kd\('"),
        ({"student": "resnet99"}, "unknown teacher 'resnet99'"),
        ({"cache_teacher": 2, "mixup": 0.2}, "kept teacher logits are of single images"),
        ({"mixup": 1.0, "cutmix": 1.0}, "mixup and cutmix cannot both be used"),
        ({"warmup": 3.0}, "warmup must not exceed the 2 epochs of training, not 3"),
        ({"device": "cuda:7"}, "device 'cuda:7' is not available"),
    ],
)
def test_what_cannot_be_done_is_said_before_work(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        small(**changes)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"distiller": "kd(heat=2)"}, "distiller 'kd' has no setting 'heat'; its settings: temperature"),
        (
            {"teacher": TeacherSpec("resnet20", 20, (1, 8, 8))},
            "has 10 classes, and teacher and student tell 20 apart; give --classes 10",
        ),
        ({"compare": "plain", "teacher": TeacherSpec("wrn-40-2", 10, (1, 8, 8))}, "and teacher wrn-40-2 is none"),
        ({"student": "timm:vit_tiny_patch16_224"}, "timm:vit_tiny_patch16_224 cannot "),
    ],
)
def test_what_does_not_go_together_is_said_before_training(
    changes: dict[str, object], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=sentence):
        run_distillation(small(**changes), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def pictures(folder: Path, classes: int = 2, count: int = 12) -> Path:
    """An image folder of plain colors."""
    for label in range(classes):
        for part, number in (("train", count), ("test", 4)):
            (folder / part / f"c{label}").mkdir(parents=True)
            for i in range(number):
                Image.new("RGB", (9, 8), (100 * label, 10 * i, 0)).save(folder / part / f"c{label}" / f"{i}.png")
    return folder


def of_pictures(folder: Path, *, skip_corrupt: bool = False) -> diswot.DistillSpec:
    data = DataSpec(f"folder:{folder}", skip_corrupt=skip_corrupt)
    return small(teacher=TeacherSpec(TEACHER, 2, (3, 8, 8)), data=data, epochs=1, batch_size=8)


def test_a_corrupt_image_is_named_and_left_out_only_where_that_is_asked(tmp_path: Path) -> None:
    broken = pictures(tmp_path / "data") / "train" / "c1" / "3.png"
    broken.write_bytes(b"not a picture")
    with pytest.raises(UnreadableData, match=f"^'{broken}' is not a readable image"):
        run_distillation(of_pictures(tmp_path / "data"), tmp_path / "out")
    report = run_distillation(of_pictures(tmp_path / "data", skip_corrupt=True), tmp_path / "out")
    assert sum(report.images.values()) == 2 * 12 + 2 * 4 - 1
    assert report.classes == ["c0", "c1"]


def test_a_class_without_images_is_named(tmp_path: Path) -> None:
    (pictures(tmp_path / "data") / "train" / "empty").mkdir()
    with pytest.raises(UnreadableData, match=r"empty' has no images"):
        run_distillation(of_pictures(tmp_path / "data"), tmp_path / "out")


def test_test_images_of_a_class_that_is_not_trained_on_are_refused(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "data")
    (folder / "test" / "c1").rename(folder / "test" / "other")
    with pytest.raises(InputError, match=r"has the class 'other', which .* has not$"):
        run_distillation(of_pictures(folder), tmp_path / "out")


def test_a_loss_that_is_no_number_ends_the_job_with_a_sentence(tmp_path: Path) -> None:
    spec = small(epochs=1, distiller="none", train_teacher=False, student=ENDLESS)
    with pytest.raises(DiswotError, match=r"^the loss is no longer a number in epoch 1; lower --learning-rate"):
        run_distillation(spec, tmp_path / "out")
