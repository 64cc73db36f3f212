"""From evaluations to scores."""

import math
from dataclasses import replace
from typing import get_args
from unittest.mock import Mock

import numpy as np
import pytest
from torch import nn

from diswot.errors import InputError, UnknownName
from diswot.evaluation import EvalTask, Evaluation, Evaluator, EvaluatorSpec, tasks_of
from diswot.observation import forward
from diswot.probes import load_probe
from diswot.proxies import AGGREGATES, PROXIES, Aggregate, Proxy, proxies_of
from diswot.proxies.base import Scale
from diswot.scoring import Scorer, reference_sample
from diswot.spec.probe import DTYPES, ProbeSpec
from diswot.spec.teacher import TeacherSpec
from diswot_spaces import Architecture, Costs, get_space

SPACE = get_space("cifar-resnet")
TASK = TeacherSpec("resnet20", 10, (3, 16, 16))


def evaluation(**values: tuple[float, ...]) -> Evaluation:
    return Evaluation("1-1-1", Costs(1, 1, 1, 1), values, 0.0)


@pytest.fixture(name="table")
def aggregates_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    terms = {"params": 2.0, "macs": -1.0}
    for scale in get_args(Scale):
        monkeypatch.setitem(AGGREGATES, scale, Aggregate(scale, "", "", terms, scale))


REFERENCE = [evaluation(params=(p,), macs=(m,)) for p, m in ((1.0, 10.0), (2.0, 10.0), (3.0, 40.0))]


@pytest.mark.usefixtures("table")
def test_scores_worked_out_by_hand() -> None:
    one = evaluation(params=(2.0, 4.0), macs=(20.0, 20.0))
    plain = Scorer("none")(one)
    # Per seed 2*2 - 20 = -16 and 2*4 - 20 = -12: mean -14, standard error of the mean 2.
    assert plain.value == -14.0
    assert plain.stderr == pytest.approx(2.0)
    assert plain.components == {"params": 6.0, "macs": -20.0}
    standard = Scorer("standard", REFERENCE)(one)
    # params: mean 2, sd sqrt(2/3); macs: mean 20, sd sqrt(200).
    sd = math.sqrt(2 / 3)
    assert standard.components["params"] == pytest.approx(2 * (0 + 2 / sd) / 2)
    assert standard.components["macs"] == pytest.approx(0.0)
    rank = Scorer("rank", REFERENCE)(one)
    # params 2 is in the middle of three: (1.5 + .5) / 4; 4 is above all: 3.5 / 4. macs 20 is above two: 2.5 / 4.
    assert rank.components == {"params": pytest.approx(2 * (0.5 + 0.875) / 2), "macs": pytest.approx(-0.625)}
    log_rank = Scorer("log-rank", REFERENCE)(one)
    assert log_rank.components["macs"] == pytest.approx(-math.log(0.625))


def test_a_single_seed_has_no_standard_error_and_constants_have_none_to_speak_of() -> None:
    assert Scorer("params")(evaluation(params=(3.0,))).stderr is None
    assert Scorer("params")(evaluation(params=(3.0, 3.0))).stderr == 0.0


@pytest.mark.usefixtures("table")
def test_scaling_needs_a_reference() -> None:
    failed = Evaluation("x", Costs(1, 1, 1, 1), {}, 0.0, "RuntimeError: no")
    with pytest.raises(InputError, match="needs a reference sample of at least 2 measured architectures, not 1"):
        Scorer("rank", [REFERENCE[0], failed])


@pytest.mark.usefixtures("table")
def test_a_constant_term_adds_nothing_on_the_standard_scale() -> None:
    alike = [evaluation(params=(1.0,), macs=(m,)) for m in (1.0, 2.0)]
    assert Scorer("standard", alike)(evaluation(params=(5.0,), macs=(1.5,))).components["params"] == 0.0


def test_a_failed_measurement_has_no_score() -> None:
    with pytest.raises(ValueError, match="1-1-1 has no score: out of memory"):
        Scorer("params")(Evaluation("1-1-1", Costs(1, 1, 1, 1), {}, 0.0, "out of memory"))


def test_proxies_of_scores_are_listed_once() -> None:
    assert list(proxies_of(["params", "macs", "params"])) == ["params", "macs"]
    with pytest.raises(UnknownName, match="unknown proxy 'nope'; valid: default"):
        proxies_of(["nope"])


def evaluator(*scores: str) -> Evaluator:
    probe = load_probe(ProbeSpec(size=8), TASK.num_classes, TASK.in_shape, 0).to("cpu")
    return EvaluatorSpec(SPACE, TASK, probe, scores, teacher_inits=1).build()


def test_a_measurement_does_not_depend_on_what_was_measured_before() -> None:
    measure = evaluator("diswot", "nwot")
    a, b = tasks_of(map(SPACE.decode, ("1-1-3", "3-1-1")), range(2))
    first = measure(a)
    measure(b)
    assert measure(a) == first
    assert first != measure(b)
    assert all(len(series) == 2 for series in first.values.values())


def test_networks_compute_in_the_dtype_of_the_probe_and_score_nearly_alike() -> None:
    values = {}
    for dtype in DTYPES:
        probe = load_probe(ProbeSpec("dead-leaves", 8, dtype), TASK.num_classes, TASK.in_shape, 0)
        assert str(probe.images.dtype) == f"torch.{dtype}"
        measured = EvaluatorSpec(SPACE, TASK, probe, ("default", "diswot")).build()(EvalTask(SPACE.arch([1, 2, 3])))
        assert measured.error is None
        values[dtype] = [Scorer(name)(measured).value for name in ("default", "diswot")]
    assert values["float32"] != values["bfloat16"]
    np.testing.assert_allclose(values["bfloat16"], values["float32"], rtol=0.02, atol=0.05)


def test_more_seeds_begin_with_the_same_values() -> None:
    arch = SPACE.decode("1-1-1")
    one, two = (evaluator("relation")(EvalTask(arch, range(n))).values["relation"] for n in (1, 2))
    assert one == two[:1]


def test_initializations_by_number_are_those_of_the_whole() -> None:
    """Of a proxy that does not depend on them the first stands for all; if not asked for, there is no value."""
    measure = evaluator("nwot", "params")
    assert (PROXIES["params"].init_independent, PROXIES["nwot"].init_independent) == (True, False)
    arch = SPACE.decode("1-1-3")
    whole, first, rest = (measure(EvalTask(arch, inits)) for inits in (range(3), range(1), range(1, 3)))
    assert (whole.num_inits, first.num_inits, rest.num_inits) == (3, 1, 2)
    assert first == whole.restrict(range(1))
    assert rest.values == {"nwot": whole.values["nwot"][1:]}
    assert first.extended(rest, 3) == whole
    assert first.extended(rest, 3).seconds == first.seconds + rest.seconds


def test_a_measurement_whose_other_initializations_fail_has_failed() -> None:
    first = evaluation(params=(1.0,))
    failed = replace(first, values={}, error="out of memory")
    assert first.extended(failed, 3) == failed


def test_the_teacher_is_not_run_where_no_proxy_asks() -> None:
    assert evaluator("params", "nwot").teacher is None
    assert evaluator("relation").teacher is not None


@pytest.mark.parametrize(("score", "builds", "passes"), [("params", 0, 0), ("l2-norm", 1, 0), ("nwot", 1, 1)])
def test_a_network_is_built_and_observed_only_where_a_proxy_looks(
    score: str, builds: int, passes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluate, build, seen = evaluator(score), Mock(wraps=SPACE.build), Mock(wraps=forward.observe)
    monkeypatch.setattr(SPACE, "build", build)
    monkeypatch.setattr(forward, "observe", seen)
    assert evaluate(EvalTask(SPACE.decode("1-1-1"))).error is None
    assert (build.call_count, seen.call_count) == (builds, passes)


def test_architectures_of_one_function_measure_alike() -> None:
    space = get_space("nasbench201")
    probe = load_probe(ProbeSpec(size=4), 10, (3, 16, 16), 0).to("cpu")
    measure = EvaluatorSpec(space, TASK, probe, ("nwot",)).build()
    texts = [
        "|skip_connect~0|+|none~0|none~1|+|none~0|nor_conv_3x3~1|none~2|",
        "|skip_connect~0|+|none~0|nor_conv_1x1~1|+|none~0|nor_conv_3x3~1|none~2|",
    ]
    a, b = (measure(EvalTask(space.decode(text))) for text in texts)
    assert a == b


@pytest.mark.parametrize("error", [RuntimeError("no kernel"), ValueError("bad shape")])
def test_a_network_that_fails_is_a_failure_on_record(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    measure = evaluator("nwot")

    def fail(*_: object) -> nn.Module:
        raise error

    monkeypatch.setattr(SPACE, "build", fail)
    found = measure(EvalTask(SPACE.decode("1-1-1")))
    assert found.values == {}
    assert found.error == f"{type(error).__name__}: {error}"


def test_a_value_that_is_not_finite_is_a_failure_on_record() -> None:
    endless = Proxy("endless", "never ends", "by hand", lambda _: math.inf)
    measure = replace(evaluator("nwot"), proxies={"endless": endless})
    assert measure(EvalTask(SPACE.decode("1-1-1"))).error == "not finite: endless"


def test_the_reference_sample_is_distinct_canonical_and_fixed_by_seed() -> None:
    space = get_space("nasbench201")
    a, b, c = (reference_sample(space, seed) for seed in (0, 0, 1))
    assert a == b != c
    assert len(set(a)) == len(a) > 80
    assert all(space.canonical(arch) == arch for arch in a)
    assert isinstance(a[0], Architecture)
    assert len(reference_sample(SPACE, 0)) == SPACE.size
    assert np.unique([space.costs(arch, 10).macs for arch in a]).size > 10


def test_a_steady_proxy_is_measured_once_and_stands_for_every_seed() -> None:
    task = EvalTask(SPACE.decode("1-1-3"), range(3))
    found = evaluator("macs", "nwot")(task).values
    assert len(set(found["macs"])) == 1
    assert len(set(found["nwot"])) == 3
    assert found["macs"] == evaluator("macs")(task).values["macs"]
