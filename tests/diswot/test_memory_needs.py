"""What does not fit into memory is refused before any is taken."""

import pytest

from diswot.errors import InputError
from diswot.memory import check_students, check_teacher
from diswot.spec.constraints import Constraints
from diswot.spec.latency import LatencySetup
from diswot.spec.probe import ProbeSpec
from diswot.spec.search import SearchSpec
from diswot.spec.teacher import TeacherSpec
from diswot.teachers.costs import costs_by_formula, teacher_costs
from diswot_spaces import Costs, Shape
from tests.diswot.cli.inside import diswot

TASK = TeacherSpec("resnet20", 10)
GIB = 2**30


def spec(shape: Shape = (3, 32, 32), dtype: str = "float32", batch: int = 1) -> SearchSpec:
    constraints = Constraints(max_latency=1.0, latency=LatencySetup(batch=batch))
    probe = ProbeSpec(size=16, dtype=dtype)
    return SearchSpec(TeacherSpec("resnet20", 10, shape), "cifar-resnet", probe=probe, constraints=constraints)


def test_students_by_hand() -> None:
    """1-1-1 has 78,042 parameters and at its peak three maps of 16 x 1024 numbers: 312,168 and 196,608 bytes."""
    needed = 312_168 + 16 * 196_608
    check_students(spec(), 1, needed)
    message = (
        r"^evaluating students of cifar-resnet on 16 images of 3x32x32 by 3 workers takes at least 10\.4 MB of memory, "
        r"and there are 10\.4 MB: ask for fewer workers, smaller images"
    )
    check_students(spec(), 3, 3 * needed)
    with pytest.raises(InputError, match=message):
        check_students(spec(), 3, 3 * needed - 1)
    check_students(spec(dtype="bfloat16"), 1, needed // 2)
    with pytest.raises(InputError, match=r"by 1 worker takes at least 1\.73 MB"):
        check_students(spec(dtype="bfloat16"), 1, needed // 2 - 1)


def test_the_batch_of_latency_by_hand() -> None:
    """Weights, images of 3 x 1024 numbers, and the peak of each."""
    needed = 312_168 + 4096 * (4 * 3072 + 196_608)
    check_students(spec(batch=4096), 1, needed)
    with pytest.raises(
        InputError, match=r"^measuring latency on 4096 images of 3x32x32 takes at least 856 MB of memory"
    ):
        check_students(spec(batch=4096), 1, needed - 1)
    without = SearchSpec(TASK, "cifar-resnet", constraints=Constraints(latency=LatencySetup(batch=4096)))
    check_students(without, 1, needed // 10)  # No latency is measured.


def test_a_teacher_by_hand() -> None:
    costs = Costs(params=1000, macs=1, depth=1, memory=10_000)
    check_teacher(TASK, costs, 16, "float32", 164_000)
    with pytest.raises(
        InputError, match=r"^observing the teacher resnet20 on 16 images of 3x32x32 takes at least 164 kB of"
    ):
        check_teacher(TASK, costs, 16, "float32", 163_999)
    check_teacher(TASK, costs, 16, "bfloat16", 82_000)


def test_a_vast_teacher_is_refused_before_its_probe_is_drawn() -> None:
    teacher = TeacherSpec("timm:vit_gigantic_patch14_224", 10, (3, 504, 504))
    costs = teacher_costs(teacher)
    assert costs is not None
    with pytest.raises(InputError, match=r"on 32 images of 3x504x504 takes at least 15\.4 GB of memory, and there are"):
        check_teacher(teacher, costs, 32, "float32", 8 * GIB)


@pytest.mark.parametrize("name", ["resnet110", "wrn-40-2", "mobilenetv2:largest"])
def test_the_service_knows_without_torch(name: str) -> None:
    teacher = TeacherSpec(name, 10, (3, 512, 512))
    costs = costs_by_formula(teacher)
    assert costs is not None
    with pytest.raises(InputError, match=f"^observing the teacher {name} on 16 images of 3x512x512 takes at least"):
        check_teacher(teacher, costs, 16, "float32", 10**8)


@pytest.mark.parametrize("command", ["search", "score"])
def test_the_command_line_says_so_at_once(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("diswot.workflow.free_memory", lambda: 10**6)
    monkeypatch.setattr("diswot.workflow.load_probe", lambda *_: pytest.fail("a probe was drawn"))
    arch = () if command == "search" else ("--arch", "1-1-1")
    done = diswot(command, "--teacher", "resnet20", "--space", "cifar-resnet", *arch, "--executor", "serial")
    assert done.returncode == 2
    assert "error: evaluating students of cifar-resnet on 16 images of 3x32x32 by 1 worker takes" in done.stderr
