import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from diswot.spec.document import from_flags, from_json, to_json
from diswot.spec.option import declared
from diswot.spec.search import SearchSpec
from diswot.spec.teacher import TeacherSpec
from diswot_service.app import create_app
from diswot_service.jobs import KINDS
from diswot_service.problems import MEDIA_TYPE
from diswot_service.requests import MOST
from diswot_service.routes.shared import STREAMS
from diswot_service.settings import Settings
from diswot_service.store import Lease, Leases, Snapshot, Store, open_database
from diswot_service.worker import Worker

HOST = "http://127.0.0.1:8080"
RESNET = {"teacher": {"name": "resnet56"}}
WRITTEN = "nasbench201, cifar-resnet, mobilenetv2, nasbench101"
SPACES = f"{WRITTEN}, autoformer-tiny, mobilenetv2-stages, nasbench-macro, nats-size, resnet, shufflenetv2"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path, queue=3)


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(settings), base_url=HOST, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def store(client: TestClient, settings: Settings) -> Iterator[Store]:
    database = open_database(settings.database)
    yield Store(database)
    database.close()


def problem(answer: Any, status: int, slug: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPE
    document: dict[str, Any] = answer.json()
    assert document["type"] == f"https://diswot.dev/problems/{slug}"
    assert document["status"] == status
    assert document["request_id"] == answer.headers["x-request-id"]
    return document


def claim(store: Store) -> tuple[Leases, Lease]:
    leases = Leases(store.database, "worker-1", "x")
    lease = leases.claim(KINDS)
    assert lease is not None
    return leases, lease


def test_a_search_starts_with_the_defaults_of_the_command_line(client: TestClient) -> None:
    answer = client.post("/v1/searches", json=RESNET)
    assert answer.status_code == 202
    job = answer.json()
    assert answer.headers["location"] == f"/v1/searches/{job['id']}"
    assert answer.headers["retry-after"] == "2"
    assert answer.headers["etag"] == job["etag"] == '"1"'
    assert job["spec"] == to_json(from_flags(SearchSpec, {"teacher": "resnet56"}))
    assert job["spec"] == to_json(SearchSpec(TeacherSpec("resnet56")))
    files = dict.fromkeys(("weights", "map_path", "head_path"))
    assert job["spec"]["teacher"] == {"name": "resnet56", "num_classes": 100, "in_shape": [3, 32, 32]} | files
    assert (job["spec"]["space"], job["spec"]["evaluations"], job["spec"]["population"]) == ("nasbench201", 300, 50)
    assert (job["spec"]["seed"], job["spec"]["student_inits"], job["spec"]["relaxation"]) == (0, 3, 0.2)
    unknown = dict.fromkeys(("phase", "rate_per_s", "eta_s", "best_score"))
    assert job["progress"] == {"done": 0, "total": 300, "percent": 0} | unknown
    assert (job["state"], job["attempt"], job["result"], job["error"]) == ("queued", 0, None, None)
    assert datetime.fromisoformat(job["created_at"]).tzinfo is not None
    assert client.get(job["links"]["self"]).json() == job


def test_a_space_can_be_sent_as_data(client: TestClient) -> None:
    space = family("basic")
    answer = client.post("/v1/searches", json={**RESNET, "space": space})
    assert answer.status_code == 202
    assert json.loads(answer.json()["spec"]["space"]) == space
    shown = client.get("/openapi.json").json()["components"]["schemas"]["SearchRequest"]["properties"]["space"]
    assert [one["type"] for one in shown["anyOf"]] == ["string", "object"]


def test_a_body_can_say_all_that_the_command_line_can_but_files(client: TestClient) -> None:
    given = {
        "teacher": "resnet20",
        "classes": 10,
        "input": "1x28x28",
        "teacher_map": "layer3",
        "teacher_head": "fc",
        "space": "cifar-resnet",
        "score": "nwot",
        "probe": "noise",
        "probe_size": 8,
        "dtype": "bfloat16",
        "seed": 5,
        "student_inits": 2,
        "teacher_inits": 3,
        "min_params": "80k",
        "max_params": "0.5M",
        "min_macs": "1M",
        "max_macs": "1G",
        "min_memory": "1kB",
        "max_memory": "2 MiB",
        "min_latency": "1us",
        "max_latency": "4ms",
        "latency_device": "cuda:1",
        "latency_threads": 1,
        "latency_batch": 2,
        "algorithm": "nsga2",
        "pareto_cost": "memory",
        "evaluations": 40,
        "max_seconds": 12.5,
        "patience": 9,
        "relaxation": 0.1,
        "finalists": 4,
        "population": 7,
        "tournament": 2,
        "proposals_per_batch": 5,
    }
    assert {one.name for one in declared(SearchSpec)} - given.keys() == {"weights"}
    asked = to_json(from_flags(SearchSpec, given))
    del asked["teacher"]["weights"]
    answer = client.post("/v1/searches", json=asked)
    assert answer.status_code == 202, answer.text
    assert from_json(SearchSpec, answer.json()["spec"]) == from_flags(SearchSpec, given)


def test_exhaustive_search_takes_all_there_is_within_the_limit(client: TestClient) -> None:
    answer = client.post("/v1/searches", json=RESNET | {"algorithm": "exhaustive"})
    assert answer.json()["spec"]["evaluations"] == MOST["evaluations"] == 20_000


def teacher(**fields: Any) -> dict[str, Any]:
    return {"teacher": {"name": "resnet20"} | fields}


def family(block: str, width: int = 8) -> dict[str, Any]:
    """A space that is sent as data."""
    return {"name": "mine", "stages": [{"block": block, "width": width, "depth": [2, 3]}]}


LIBRARY: list[tuple[dict[str, Any], str]] = [
    (teacher(name="resnet57"), "unknown teacher 'resnet57'; valid: resnet8, "),
    (teacher(name="timm:"), "teacher 'timm:' lacks what follows the colon: timm:NAME"),
    (teacher(name="nasbench201:|x~0|"), ""),
    (teacher(in_shape=[32, 32, 3]), "input 32x32x3 looks like HEIGHTxWIDTHxCHANNELS; channels come first here: write "),
    ({"space": "darts"}, f"unknown search space 'darts'; valid: {SPACES}"),
    ({"space": "space.yaml"}, f"unknown search space 'space.yaml'; valid: {SPACES}"),
    ({"space": {"name": "mine"}}, "stages: must be a list of 1 to 64 stages"),
    ({"space": family("resnet")}, "stages[0].block: unknown block 'resnet'; valid: conv, basic"),
    ({"space": family("conv", width=65536)}, "space mine has networks of 77,318,127,716 parameters; at most 1,073,"),
    ({"space": {**family("conv"), "constraints": ["1 > 2"]}}, "constraints[0]: '1 > 2' does not hold"),
    ({"space": "math:pi"}, f"unknown search space 'math:pi'; valid: {SPACES}"),
    ({"algorithm": "math:pi"}, "unknown algorithm 'math:pi'; valid: aging-evolution, "),
    ({"score": "best"}, "unknown proxy 'best'; valid: default, "),
    ({"score": "math:pi"}, "unknown proxy 'math:pi'; valid: default, "),
    (teacher(name="torchvision.models:resnet18"), "unknown teacher 'torchvision.models:resnet18'; valid: resnet8, "),
    ({"algorithm": "magic"}, "unknown algorithm 'magic'; valid: aging-evolution, nsga2, random, exhaustive"),
    ({"pareto_cost": "depth"}, "unknown pareto cost 'depth'; valid: params, macs, memory, latency"),
    (
        {"algorithm": "exhaustive", "space": "mobilenetv2"},
        "algorithm 'exhaustive' lists spaces of at most 100,000 architectures; mobilenetv2 has",
    ),
    ({"tournament": 60}, "tournament must not exceed the population of 50, not 60"),
    ({"constraints": {"min_macs": 9, "max_macs": 8}}, "min_macs must be at most max_macs, which is 8, not 9"),
    ({"constraints": {"min_params": 10**9}}, "no architecture of nasbench201 has at least 1,000,000,000 parameters"),
    (
        {"constraints": {"min_params": 510_000, "max_params": 515_000}},
        "no architecture of nasbench201 has 510,000 to 515",
    ),
    ({"constraints": {"max_memory": 9}}, "no architecture of nasbench201 has at most 9 bytes of activations: the"),
    ({"constraints": {"latency": {"device": "npu"}}}, "latency_device must be cpu, cuda or cuda:N, not 'npu'"),
    ({"constraints": {"latency": {"threads": 256}, "max_latency": 1}}, "latency_threads must be at most the "),
    ({"constraints": {"max_params": 9}}, "no architecture of nasbench201 has at most 9 parameters: the smallest"),
    ({"constraints": {"max_macs": 9}}, "no architecture of nasbench201 has at most 9 MACs: the smallest costs "),
    ({"probe": {"source": "folder:/etc"}}, "probe 'folder:/etc' cannot be had over HTTP; valid: "),
    (
        {"probe": {"size": 1024}} | teacher(in_shape=[3, 512, 512]),
        "probe images of this size and number hold 805,306,368 ",
    ),
]
FIELDS: list[tuple[dict[str, Any], str, str]] = [
    (
        teacher(weights="/x"),
        "/teacher/weights",
        "teacher has no field 'weights'; its fields: name, num_classes, in_shape",
    ),
    (
        {"constraints": {"latency": {"max_ms": 4}}},
        "/constraints/latency/max_ms",
        "constraints.latency has no field 'max_ms'; its fields: device, threads, batch",
    ),
    ({"space": family("os:system")}, "/space", "space must not name import paths, not {'name': 'mine',"),
    ({"space": json.dumps(family("basic"))}, "/space", "space must be an object where it is no name, not '{"),
    ({"space": "x" * 301}, "/space", "space must have at most 300 characters, not 'xxx"),
    ({"extra": 1}, "/extra", "the body has no field 'extra'; its fields: teacher, space, "),
    ({"search_space": "x"}, "/search_space", "the body has no field 'search_space'; it is called space now; its fiel"),
    ({"teacher": {}}, "/teacher/name", "teacher lacks the field 'name'; its fields: name, num_classes, in_shape"),
    ({"teacher": "resnet20"}, "/teacher", "teacher must be a mapping of fields to values, not 'resnet20'"),
    (teacher(name="x" * 301), "/teacher/name", "teacher.name must have at most 300 characters, not 301"),
    (teacher(num_classes=0), "/teacher/num_classes", "teacher.num_classes must be at least 1, not 0"),
    (teacher(num_classes=30000), "/teacher/num_classes", "teacher.num_classes must be at most 25,000, not 30000"),
    (teacher(in_shape=[3, 32]), "/teacher/in_shape", "teacher.in_shape must have at least 3 entries, not 2"),
    (teacher(in_shape=[3, 0, 8]), "/teacher/in_shape/1", "teacher.in_shape[1] must be at least 1, not 0"),
    (teacher(in_shape=[3, 32, 999]), "/teacher/in_shape/2", "teacher.in_shape[2] must be at most 512, not 999"),
    ({"probe": {"size": 1}}, "/probe/size", "probe.size must be at least 2, not 1"),
    ({"constraints": {"max_params": 0}}, "/constraints/max_params", "constraints.max_params must be at least 1, not 0"),
    (
        {"constraints": {"max_latency": 0}},
        "/constraints/max_latency",
        "constraints.max_latency must be more than 0, not",
    ),
    ({"evaluations": 0}, "/evaluations", "evaluations must be at least 1, not 0"),
    ({"evaluations": 20001}, "/evaluations", "evaluations must be at most 20,000, not 20001"),
    ({"evaluations": "1"}, "/evaluations", "evaluations must be a whole number, not '1'"),
    ({"proposals_per_batch": 2000}, "/proposals_per_batch", "proposals_per_batch must be at most 1,024, not 2000"),
    ({"student_inits": 0}, "/student_inits", "student_inits must be at least 1, not 0"),
    ({"seed": True}, "/seed", "seed must be a whole number, not true"),
    ({"seed": -1}, "/seed", "seed must be at least 0, not -1"),
    ({"labels": {"a/b~c": 1}}, "/labels/a~1b~0c", "labels.a/b~c must be text, not 1"),
    ({"labels": {str(i): "" for i in range(17)}}, "/labels", "labels must have at most 16 entries, not 17"),
]


@pytest.mark.parametrize(("change", "pointer", "sentence"), [*((c, None, s) for c, s in LIBRARY), *FIELDS])
def test_bad_input_is_one_sentence(
    client: TestClient, change: dict[str, Any], pointer: str | None, sentence: str
) -> None:
    found = problem(client.post("/v1/searches", json=RESNET | change), 422, "invalid-request")
    assert found["detail"].startswith(sentence)
    assert found["instance"] == "/v1/searches"
    assert "\n" not in found["detail"]
    if pointer is None:
        assert "errors" not in found
    else:
        assert found["errors"][0] == {"pointer": pointer, "detail": found["detail"]}
    assert client.get("/v1/searches").json()["items"] == []


LATENCY = {"constraints": {"max_latency": 1.0, "latency": {"batch": 1024}}}


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "evaluating students of mobilenetv2 on 16 images of 3x512x512 by 1 worker takes at least "),
        (
            LATENCY | teacher(name="timm:resnet18", in_shape=[3, 128, 128]),
            "measuring latency on 1024 images of 3x128x128 takes at least ",
        ),
        (teacher(name="resnet56", in_shape=[3, 512, 512]), "observing the teacher resnet56 on 16 images of 3x512x512 "),
        (
            teacher(name="mobilenetv2:largest", in_shape=[3, 512, 512]),
            "observing the teacher mobilenetv2:largest on 16",
        ),
    ],
)
def test_what_does_not_fit_into_memory_is_refused(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, body: dict[str, Any], sentence: str
) -> None:
    monkeypatch.setattr("diswot_service.requests.total_memory", lambda: 4 * 10**8)
    asked = {"space": "mobilenetv2"} | teacher(name="timm:resnet18", in_shape=[3, 512, 512]) | body
    found = problem(client.post("/v1/searches", json=asked), 422, "invalid-request")
    assert found["detail"].startswith(sentence)
    assert "and there are 400 MB: ask for " in found["detail"]


def test_every_wrong_field_is_named(client: TestClient) -> None:
    found = problem(client.post("/v1/searches", json={"seed": "1", "extra": 1}), 422, "invalid-request")
    assert [error["pointer"] for error in found["errors"]] == ["/teacher", "/seed", "/extra"]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "the body is empty; it must be a JSON object"),
        (b'{"teacher": ', "the body is not JSON: Expecting value at character 12"),
        (b'{"seed": ' + b"9" * 5000 + b"}", "the body is not JSON that can be read: a number has too many digits"),
        (b"[" * 20000, "the body is not JSON that can be read: it is nested too deeply"),
        (b'"\xff"', "the body is not JSON: it is not in UTF-8 at byte 1"),
        (b'{"seed": NaN}', "the body is not JSON: NaN is no number of JSON"),
        (b'{"seed": 1, "seed": 1}', "the body gives the field 'seed' twice"),
        (b'{"teacher": {"name": "a", "name": "b"}}', "the body gives the field 'name' twice"),
    ],
)
def test_a_body_that_cannot_be_read_is_400(client: TestClient, body: bytes, sentence: str) -> None:
    answer = client.post("/v1/searches", content=body, headers={"Content-Type": "application/json"})
    assert problem(answer, 400, "invalid-request")["detail"] == sentence


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", None])
def test_a_body_that_is_not_json_is_415(client: TestClient, kind: str | None) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    answer = client.post("/v1/searches", content=b'{"teacher": {"name": "resnet56"}}', headers=headers)
    expected = f"the body must be application/json, not {kind or 'of no stated type'}"
    assert problem(answer, 415, "unsupported-media-type")["detail"] == expected


def test_a_body_of_more_than_64_kib_is_413(client: TestClient) -> None:
    def chunks() -> Iterator[bytes]:
        yield from [b" " * 1000] * 70

    json = {"Content-Type": "application/json"}
    for answer in (
        client.post("/v1/searches", json=RESNET | {"labels": {"x": "y" * 65536}}),
        client.post("/v1/searches", content=chunks(), headers=json),
    ):
        found = problem(answer, 413, "payload-too-large")
        assert found["detail"] == "the body must have at most 65,536 bytes"
    assert client.post(
        "/v1/searches", content=b'{"teacher": {"name": "resnet56"}}'.ljust(65536), headers=json
    ).is_success


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil", "[::2]", ""])
def test_a_foreign_host_is_400(client: TestClient, host: str) -> None:
    answer = client.get("/livez", headers={"Host": host})
    assert problem(answer, 400, "invalid-request")["detail"] == f"this service does not answer to the host {host!r}"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:8080"])
def test_a_name_of_this_machine_is_served(client: TestClient, host: str) -> None:
    assert client.get("/livez", headers={"Host": host}).json() == {"status": "ok", "reasons": []}


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}]
)
def test_a_page_of_another_origin_changes_nothing(client: TestClient, headers: dict[str, str]) -> None:
    problem(client.post("/v1/searches", json=RESNET, headers=headers), 403, "forbidden")
    assert client.get("/v1/searches", headers=headers).json()["items"] == []
    assert client.post("/v1/searches", json=RESNET, headers={"Origin": HOST}).status_code == 202


def test_what_is_not_there_is_404(client: TestClient) -> None:
    nobody = "01936b2e-7d6a-7abc-8def-0123456789ab"
    assert problem(client.get(f"/v1/searches/{nobody}"), 404, "not-found")["detail"] == f"there is no search {nobody}"
    problem(client.post(f"/v1/searches/{nobody}:cancel"), 404, "not-found")
    problem(client.get("/v1/nothing"), 404, "not-found")
    found = problem(client.get("/v1/search-spaces/darts"), 404, "not-found")
    assert found["detail"] == f"there is no search space 'darts'; valid: {SPACES}"


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/v1/searches", "GET, HEAD, POST"),
        ("/v1/searches/01936b2e-7d6a-7abc-8def-0123456789ab", "GET, HEAD, DELETE"),
        ("/v1/searches/01936b2e-7d6a-7abc-8def-0123456789ab:cancel", "POST"),
        ("/v1/searches/01936b2e-7d6a-7abc-8def-0123456789ab/events", "GET, HEAD"),
        ("/v1/proxies", "GET, HEAD"),
    ],
)
def test_a_method_that_is_not_allowed_is_405_and_says_which_are(client: TestClient, path: str, allowed: str) -> None:
    answer = client.put(path)
    detail = problem(answer, 405, "method-not-allowed")["detail"]
    assert answer.headers["allow"] == allowed
    assert detail == f"PUT is not allowed here; valid: {allowed}"


def test_every_get_answers_head_without_a_body(client: TestClient) -> None:
    job = client.post("/v1/searches", json=RESNET).json()
    paths = [path for path, item in client.get("/openapi.json").json()["paths"].items() if "get" in item]
    assert len(paths) >= 9
    paths.remove("/metrics")  # It changes with each request.
    for path in (*paths, "/openapi.json"):
        path = path.replace("{job_id}", job["id"]).replace("{name}", "nasbench201")
        get, head = client.get(path), client.head(path)
        assert (head.status_code, head.content) == (get.status_code, b"")
        assert head.headers["content-length"] == str(len(get.content))
    assert client.head("/v1/nothing").status_code == 404


@pytest.mark.parametrize("wrong", ["x", "1", "..%2f..%2fsecret", "01936b2e-7d6a-4abc-8def-0123456789ab"])
def test_an_id_that_is_no_uuid_of_version_7_is_refused(client: TestClient, wrong: str) -> None:
    assert client.get(f"/v1/searches/{wrong}").status_code in (404, 422)
    assert client.post(f"/v1/searches/{wrong}:cancel").status_code in (404, 422)


def test_an_unexpected_error_tells_its_request_id_only(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError("a secret path")

    monkeypatch.setattr(Store, "get", explode)
    answer = client.get("/v1/searches/01936b2e-7d6a-7abc-8def-0123456789ab", headers={"X-Request-ID": "mine-1"})
    assert problem(answer, 500, "internal").get("detail") is None
    assert answer.headers["x-request-id"] == "mine-1"
    assert "secret" not in answer.text
    assert "request mine-1 failed" in caplog.text


def test_a_request_id_that_could_forge_a_log_line_is_replaced(client: TestClient) -> None:
    assert client.get("/livez", headers={"X-Request-ID": "a b"}).headers["x-request-id"] != "a b"
    assert client.get("/livez", headers={"X-Request-ID": "a-b"}).headers["x-request-id"] == "a-b"


def test_a_repeated_key_starts_nothing_twice(client: TestClient) -> None:
    key = {"Idempotency-Key": "once"}
    first = client.post("/v1/searches", json=RESNET, headers=key)
    again = client.post("/v1/searches", json=RESNET | {"seed": 0}, headers=key)
    assert again.status_code == 202
    assert again.json() == first.json()
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    problem(client.post("/v1/searches", json=RESNET | {"seed": 1}, headers=key), 422, "idempotency-key-reused")
    for wrong in ("", "x" * 256, "a\tb"):
        answer = client.post("/v1/searches", json=RESNET, headers={"Idempotency-Key": wrong})
        problem(answer, 400, "idempotency-key-invalid")
    assert len(client.get("/v1/searches").json()["items"]) == 1


def test_a_full_queue_is_503(client: TestClient) -> None:
    for _ in range(3):
        assert client.post("/v1/searches", json=RESNET).status_code == 202
    answer = client.post("/v1/searches", json=RESNET)
    problem(answer, 503, "queue-full")
    assert answer.headers["retry-after"] == "2"


def test_lists_are_paged(client: TestClient) -> None:
    ids = [client.post("/v1/searches", json=RESNET).json()["id"] for _ in range(3)]
    first = client.get("/v1/searches", params={"page_size": 2}).json()
    assert [job["id"] for job in first["items"]] == ids[:0:-1]
    rest = client.get("/v1/searches", params={"page_size": 2, "page_token": first["next_page_token"]}).json()
    assert [job["id"] for job in rest["items"]] == ids[:1]
    assert rest["next_page_token"] == ""
    assert len(client.get("/v1/searches", params={"page_size": 10**9}).json()["items"]) == 3
    assert client.get("/v1/searches", params={"state": "failed"}).json() == {"items": [], "next_page_token": ""}
    for wrong in (
        "x",
        "é",
        first["next_page_token"][:-4] + "AAA=",
        first["next_page_token"][:8],
        "WzEsIDJd",
        "bnVsbA==",
    ):
        found = problem(client.get("/v1/searches", params={"page_token": wrong}), 400, "page-token-invalid")
        assert found["detail"] == "page_token is not one that this service gave"
    other = {"page_token": first["next_page_token"], "state": "queued"}
    assert "other filters" in problem(client.get("/v1/searches", params=other), 400, "page-token-invalid")["detail"]
    found = problem(client.get("/v1/searches", params={"page_size": -1}), 422, "invalid-request")
    assert found["errors"] == [{"pointer": "query/page_size", "detail": "page_size must be at least 0, not -1"}]


def test_a_job_that_has_not_changed_is_304(client: TestClient, store: Store) -> None:
    job = client.post("/v1/searches", json=RESNET).json()
    url = job["links"]["self"]
    for named in ('"1"', 'W/"1"', '"0","1"', '"0", W/"1" ,"9"', "*", " * "):
        answer = client.get(url, headers={"If-None-Match": named})
        assert (answer.status_code, answer.headers["etag"], answer.content) == (304, '"1"', b"")
    for other in ('"0"', "1", '"11"', '"0","2"', ""):
        assert client.get(url, headers={"If-None-Match": other}).status_code == 200
    claim(store)
    changed = client.get(url, headers={"If-None-Match": job["etag"]})
    assert (changed.status_code, changed.json()["etag"]) == (200, '"2"')


def test_a_finished_job_is_deleted(client: TestClient) -> None:
    url = client.post("/v1/searches", json=RESNET).json()["links"]["self"]
    assert "cancel it first" in problem(client.delete(url), 409, "job-active")["detail"]
    client.post(f"{url}:cancel")
    for other in ('"1"', 'W/"2"'):
        problem(client.delete(url, headers={"If-Match": other}), 412, "precondition-failed")
    answer = client.delete(url, headers={"If-Match": '"1","2"'})
    assert (answer.status_code, answer.content) == (204, b"")
    for gone in (client.get(url), client.delete(url), client.get(f"{url}/events"), client.get(f"{url}/candidates")):
        problem(gone, 404, "not-found")


def test_lists_leave_results_out(client: TestClient, store: Store) -> None:
    url = client.post("/v1/searches", json=RESNET).json()["links"]["self"]
    leases, lease = claim(store)
    leases.succeed(lease, {"done": 1, "total": 1, "percent": 100.0}, {"large": "x" * 10_000})
    item = client.get("/v1/searches").json()["items"][0]
    whole = client.get(url).json()
    assert whole.pop("result") == {"large": "x" * 10_000}
    assert item == whole


def test_a_service_says_when_a_job_is_removed(tmp_path: Path) -> None:
    with TestClient(create_app(Settings(tmp_path, keep_days=2)), base_url=HOST) as client:
        url = client.post("/v1/searches", json=RESNET).json()["links"]["self"]
        job = client.post(f"{url}:cancel").json()
    kept = datetime.fromisoformat(job["expires_at"]) - datetime.fromisoformat(job["finished_at"])
    assert kept == timedelta(days=2)


def test_what_happened_to_a_job_can_be_followed(client: TestClient, store: Store) -> None:
    events = client.post("/v1/searches", json=RESNET).json()["links"]["events"]
    claim(store)
    first = client.get(events).json()["items"]
    assert [(event["seq"], event["type"], event["data"]) for event in first] == [
        (1, "state", {"state": "queued"}),
        (2, "state", {"state": "running", "attempt": 1}),
    ]
    assert client.get(events, params={"after": 1}).json()["items"] == first[1:]
    assert client.get(events, params={"page_size": 1}).json()["items"] == first[:1]
    found = problem(client.get(events, params={"after": -1}), 422, "invalid-request")
    assert found["detail"] == "after must be at least 0, not -1"


def test_candidates_are_listed_while_a_search_runs(client: TestClient, store: Store) -> None:
    links = client.post("/v1/searches", json=RESNET).json()["links"]
    leases, lease = claim(store)
    rows = [{"number": i, "arch": f"a{i}", "score": 1.0 * i, "details": {"params": i}} for i in range(3)]
    leases.checkpoint(lease, {"done": 3, "total": 9, "percent": 33.0}, Snapshot(3, {}), rows)
    assert client.get(links["candidates"]).json() == {"items": rows, "next_page_token": ""}
    best = client.get(links["candidates"], params={"order": "score", "page_size": 2}).json()
    assert best["items"] == rows[:0:-1]
    token = best["next_page_token"]
    assert client.get(links["candidates"], params={"order": "score", "page_token": token}).json()["items"] == rows[:1]
    problem(client.get(links["candidates"], params={"page_token": token}), 400, "page-token-invalid")
    problem(client.get("/v1/searches", params={"page_token": token}), 400, "page-token-invalid")


def test_jobs_are_cancelled_as_far_as_they_still_can_be(client: TestClient, store: Store) -> None:
    waiting, running, done = (client.post("/v1/searches", json=RESNET).json()["id"] for _ in range(3))
    assert client.post(f"/v1/searches/{waiting}:cancel").status_code == 200
    claim(store)
    leases, lease = claim(store)
    leases.succeed(lease, {"done": 1, "total": 1, "percent": 100.0}, {"schema": 1})
    answer = client.post(f"/v1/searches/{running}:cancel")
    assert (answer.status_code, answer.json()["state"], answer.headers["retry-after"]) == (202, "cancelling", "2")
    found = problem(client.post(f"/v1/searches/{done}:cancel"), 409, "job-finished")
    assert found["detail"] == f"search {done} has succeeded and cannot be cancelled"
    finished = client.get(f"/v1/searches/{done}")
    assert finished.json()["result"] == {"schema": 1}
    assert "retry-after" not in finished.headers


def test_readiness_names_what_is_broken(client: TestClient, store: Store) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["reasons"]) == (503, ["worker: not started yet"])
    store.database.clock = lambda: time.time() - 25
    Leases(store.database, "worker-1", "x").beat()
    assert client.get("/readyz").json()["reasons"][0].startswith("worker: silent for 25 s")
    store.database.clock = time.time
    Leases(store.database, "worker-2", "x").beat()
    assert client.get("/readyz").json() == {"status": "ok", "reasons": []}, "one of several workers is enough"


def test_a_database_that_is_gone_is_named_and_no_job_is_accepted(client: TestClient, settings: Settings) -> None:
    url = client.post("/v1/searches", json=RESNET).json()["links"]["self"]
    (settings.data / "jobs.sqlite3").unlink()
    sentence = "the job database is gone: No such file or directory"
    for answer in (client.post("/v1/searches", json=RESNET), client.get(url), client.get("/v1/searches")):
        assert problem(answer, 503, "storage-failed")["detail"] == sentence
        assert answer.headers["retry-after"] == "60"
    assert client.get("/readyz").json() == {"status": "unavailable", "reasons": [f"storage: {sentence}"]}
    assert client.get("/livez").status_code == 200


def test_a_disk_without_room_is_named_and_no_job_is_accepted(tmp_path: Path) -> None:
    with TestClient(create_app(Settings(tmp_path, min_free=2**60)), base_url=HOST) as client:
        answer = client.post("/v1/searches", json=RESNET)
        sentence = r"the disk of the job database has [\d,]+ MiB left; at least 1,099,511,627,776 MiB are needed"
        assert re.fullmatch(sentence, problem(answer, 503, "storage-low")["detail"])
        assert answer.headers["retry-after"] == "60"
        # What is left may be another figure a moment later.
        assert any(re.fullmatch(f"storage: {sentence}", reason) for reason in client.get("/readyz").json()["reasons"])
        assert client.get("/v1/searches").json()["items"] == []


def test_the_catalogue_lists_what_requests_may_name(client: TestClient) -> None:
    spaces = client.get("/v1/search-spaces").json()["items"]
    assert [space["name"] for space in spaces] == SPACES.split(", ")
    assert client.get("/v1/search-spaces/cifar-resnet").json() == spaces[1]
    assert (spaces[1]["size"], spaces[1]["options"]) == (64, [[1, 3, 5, 7]] * 3)
    teachers = [teacher["name"] for teacher in client.get("/v1/teachers").json()["items"]]
    assert {"resnet56", "mobilenetv2:ARCH", "timm:NAME"} <= set(teachers)
    proxies = {proxy["name"]: proxy for proxy in client.get("/v1/proxies").json()["items"]}
    assert proxies["default"]["kind"] == "aggregate"
    assert set(proxies["default"]["terms"]) <= set(proxies)
    assert proxies["relation"] == proxies["relation"] | {"kind": "proxy", "needs_teacher": True, "terms": None}


def test_the_document_of_the_api_names_every_problem(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    start = document["paths"]["/v1/searches"]["post"]["responses"]
    assert set(start) == {"200", "202", "400", "401", "403", "408", "413", "415", "422", "429", "500", "503"}
    body = document["paths"]["/v1/searches"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["$ref"] == "#/components/schemas/SearchRequest"
    assert "application/problem+json" in start["422"]["content"]
    assert "Problem" in document["components"]["schemas"]
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_only_the_owner_reads_the_database(client: TestClient, settings: Settings) -> None:
    assert (settings.data / "jobs.sqlite3").stat().st_mode & 0o777 == 0o600


def test_the_api_imports_neither_torch_nor_ray(tmp_path: Path) -> None:
    code = f"""
import sys
import threading
from pathlib import Path
from starlette.testclient import TestClient
import diswot_service.cli, diswot_service.supervisor
from diswot_service.app import create_app
from diswot_service.routes.shared import STREAMS
from diswot_service.settings import Settings
with TestClient(create_app(Settings(Path({str(tmp_path)!r}))), base_url={HOST!r}) as client:
    for limit, status in ((500_000, 202), (1, 422)):
        body = {RESNET!r} | {{"constraints": {{"max_params": limit}}}}
        assert client.post("/v1/searches", json=body).status_code == status
    for path in ("searches", "proxies", "teachers", "search-spaces"):
        assert client.get("/v1/" + path).status_code == 200
print([name for name in ("torch", "ray", "timm", "torchvision") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "[]\n", done.stderr


def measured(store: Store, scores: list[float | None]) -> str:
    """A running search with candidates of these scores, each with 100,000 parameters more than the one before."""
    leases, lease = claim(store)
    rows = [
        {"number": n, "arch": f"a{n}", "score": score, "details": {
            "standard_error": None, "initializations": 1 + (n == 1), "params": 100_000 * (n + 1), "macs": 10 * (n + 1),
            "memory": 5, "latency": 0.001 * (n + 1), "failure": None, "terms": {"nwot": score},
        }}
        for n, score in enumerate(scores)
    ]  # fmt: skip
    leases.checkpoint(lease, {"done": len(rows), "total": 60}, Snapshot(len(rows), {}), rows)
    return lease.job.id


def test_a_recommendation_comes_from_what_was_measured(client: TestClient, store: Store) -> None:
    job = client.post("/v1/searches", json=RESNET).json()
    url = job["links"]["recommendation"]
    problem(client.get(url), 409, "no-candidates-yet")
    measured(store, [1.0, 2.0, 3.0, None, 2.5])
    found = client.get(url, params={"k": 2}).json()
    assert [(one["arch"], one["score"], one["behind"]) for one in found["students"]] == [("a1", 2, 0), ("a2", 3, -1)]
    assert (found["provisional"], found["measured"], found["within"]) == (True, 4, 4)
    within = client.get(url, params={"max_macs": 15}).json()
    assert [one["arch"] for one in within["students"]] == ["a0"]
    assert (within["limits"], within["within"], within["students"][0]["terms"]) == ("at most 15 MACs", 1, {"nwot": 1.0})
    fast = client.get(url, params={"max_latency": 0.0015}).json()
    assert [one["arch"] for one in fast["students"]] == ["a0"]
    refused = problem(client.get(url, params={"max_params": 5}), 422, "invalid-request")
    assert refused["detail"] == (
        "none of the 4 candidates that were measured has at most 5 parameters; nearest comes one with "
        "100,000 parameters and 10 MACs"
    )
    problem(client.get(url, params={"max_params": 5, "min_params": 9}), 422, "invalid-request")
    one = client.get(f"{job['links']['candidates']}/4").json()
    assert (one["arch"], one["details"]["terms"]) == ("a4", {"nwot": 2.5})
    problem(client.get(f"{job['links']['candidates']}/5"), 404, "not-found")


def test_a_failed_or_cancelled_search_is_resumed_from_its_checkpoint(client: TestClient, store: Store) -> None:
    job = client.post("/v1/searches", json=RESNET).json()
    problem(client.post(job["links"]["resume"]), 409, "not-resumable")
    job_id = measured(store, [1.0])
    client.post(job["links"]["cancel"])
    leases = Leases(store.database, "worker-1", "y")
    leases.void_stale_leases()
    assert leases.claim(KINDS) is None
    cancelled = client.get(job["links"]["self"]).json()
    assert cancelled["state"] == "cancelled"
    problem(client.post(job["links"]["resume"], headers={"If-Match": '"1"'}), 412, "precondition-failed")
    answer = client.post(job["links"]["resume"], headers={"If-Match": cancelled["etag"]})
    assert (answer.status_code, answer.json()["state"], answer.json()["finished_at"]) == (202, "queued", None)
    lease = leases.claim(KINDS)
    assert lease is not None
    assert (lease.job.id, lease.job.attempt) == (job_id, 1)
    assert leases.latest(lease) == Snapshot(1, {})


def test_a_dry_run_checks_and_prices_and_starts_nothing(client: TestClient) -> None:
    body = RESNET | {"space": "cifar-resnet", "evaluations": 30, "student_inits": 1, "score": "nwot"}
    answer = client.post("/v1/searches?validate_only=true", json=body)
    assert answer.status_code == 200
    assert answer.json()["spec"]["evaluations"] == 30
    assert answer.json()["estimate"] == {"evaluations": 30, "networks": 30, "seconds": None, "based_on": 0}
    problem(client.post("/v1/searches?validate_only=true", json={"teacher": {"name": "x"}}), 422, "invalid-request")
    assert client.get("/v1/searches").json()["items"] == []


def test_jobs_are_found_by_their_labels(client: TestClient) -> None:
    made = [client.post("/v1/searches", json=RESNET | {"labels": {"team": team}}).json()["id"] for team in "ab"]
    assert [job["id"] for job in client.get("/v1/searches?label=team:b").json()["items"]] == [made[1]]
    assert client.get("/v1/searches?label=team:c").json()["items"] == []
    refused = problem(client.get("/v1/searches?label=team"), 400, "invalid-request")
    assert refused["detail"] == "label must be NAME:VALUE, not 'team'"


def test_a_client_can_wait_for_a_change(client: TestClient, store: Store) -> None:
    job = client.post("/v1/searches", json=RESNET).json()
    same = {"If-None-Match": job["etag"]}
    assert client.get(job["links"]["self"], params={"wait": 0.1}, headers=same).status_code == 304
    threading.Timer(0.2, lambda: claim(store)).start()
    answer = client.get(job["links"]["self"], params={"wait": 20}, headers=same)
    assert (answer.status_code, answer.json()["state"]) == (200, "running")


def streamed(client: TestClient, url: str, **headers: str) -> list[tuple[str, str, Any]]:
    """Events of a stream that ends: number, type, data."""
    answer = client.get(url, headers={"Accept": "text/event-stream", **headers})
    assert answer.headers["content-type"].startswith("text/event-stream")
    found = []
    for block in answer.text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines())
        found.append((fields.get("id", ""), fields["event"], json.loads(fields["data"])))
    return found


def test_events_are_streamed_from_where_a_client_was_cut_off(client: TestClient, store: Store) -> None:
    job = client.post("/v1/searches", json=RESNET).json()
    measured(store, [1.0])
    leases = Leases(store.database, "worker-1", "y")
    leases.void_stale_leases()
    lease = leases.claim(KINDS)
    assert lease is not None
    threading.Timer(0.7, lambda: leases.fail(lease, {"detail": "no"})).start()
    events = streamed(client, job["links"]["events"])
    assert [number for number, *_ in events if number] == ["1", "2", "3", "4", "5"]
    logged = client.get(job["links"]["events"]).json()["items"]
    assert [data for number, _, data in events if number] == logged
    assert events[-1] == ("", "end", {"state": "failed"})
    assert [number for number, *_ in streamed(client, job["links"]["events"] + "?after=3") if number] == ["4", "5"]
    again = streamed(client, job["links"]["events"], **{"Last-Event-ID": "4"})
    assert [kind for _, kind, _ in again] == ["state", "progress", "end"]


def test_as_many_clients_follow_events_as_are_borne(client: TestClient) -> None:
    job = client.post("/v1/searches", json=RESNET).json()
    client.post(job["links"]["cancel"])
    service = client.app.state.service  # type: ignore[attr-defined]
    for _ in range(STREAMS):
        assert service.streams.acquire(blocking=False)
    problem(client.get(job["links"]["events"], headers={"Accept": "text/event-stream"}), 503, "busy")
    service.streams.release()
    assert streamed(client, job["links"]["events"])[-1][1] == "end"
    assert service.streams.acquire(blocking=False), "the place is free again"


def test_what_is_wrong_with_a_distillation_is_said_in_its_words(client: TestClient) -> None:
    body = {"teacher": {"name": "resnet20"}, "student": "resnet8", "recipe": {"epoch": 3}}
    refused = problem(client.post("/v1/distillations", json=body), 422, "invalid-request")
    assert refused["detail"].startswith("recipe has no field 'epoch'; its fields: epochs, batch_size, ")
    refused = problem(client.get("/v1/searches?page_size=-1"), 422, "invalid-request")
    assert refused["detail"] == "page_size must be at least 0, not -1"


def test_every_error_is_declared_as_the_document_that_it_is(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    for path, item in document["paths"].items():
        for operation in item.values():
            for status, response in operation["responses"].items():
                if int(status) >= 400 and path != "/readyz":
                    assert list(response["content"]) == ["application/problem+json"], (path, status)


SCORE = {
    "teacher": {"name": "resnet20", "num_classes": 10, "in_shape": [3, 16, 16]},
    "space": "cifar-resnet",
    "score": "nwot",
    "probe": {"source": "noise", "size": 8},
    "student_inits": 1,
    "teacher_inits": 1,
    "arch": "1-1-1",
}


def test_one_architecture_is_scored(client: TestClient, store: Store, settings: Settings) -> None:
    for changes, detail in (
        ({"arch": "9-9-9"}, ""),
        ({"space": "math:pi"}, "unknown search space 'math:pi'; valid: "),
        ({"evaluations": 5}, "the body has no field 'evaluations'; "),
    ):
        refused = problem(client.post("/v1/scores", json=SCORE | changes), 422, "invalid-request")
        assert refused["detail"].startswith(detail)
    job = client.post("/v1/scores", json=SCORE).json()
    assert (job["kind"], job["spec"]["arch"]) == ("score", "1-1-1")
    leases = Leases(store.database, "worker-1", "x")
    lease = leases.claim(["score"])
    assert lease is not None
    Worker(leases, replace(settings, executor="serial", keeps_evaluations=False), threading.Event()).work(lease)
    done = client.get(job["links"]["self"]).json()
    assert done["state"] == "succeeded"
    student = done["result"]["student"]
    assert student["arch"] == "1-1-1"
    assert student["score"] == pytest.approx(sum(part["adds"] for part in done["result"]["parts"]))
