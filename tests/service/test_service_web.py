"""The pages without a browser: what is in them, what must never be, and what the form is told."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from diswot.spec.document import to_json
from diswot.spec.search import SearchSpec
from diswot.spec.teacher import TeacherSpec
from diswot_service.app import create_app
from diswot_service.jobs import KINDS
from diswot_service.settings import Settings
from diswot_service.store import LOCAL, Leases, Snapshot, Store, open_database
from diswot_service.web.form import SEARCH_FORM
from tests.service.harness import TINY

PAGE = {"Accept": "text/html"}
NASTY = '<img src=x onerror="document.title=1">'


@pytest.fixture(name="client")
def client_of_a_service(tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(tmp_path)), base_url="http://127.0.0.1:8080") as client:
        yield client


@pytest.fixture(name="store")
def store_of_the_service(client: TestClient, tmp_path: Path) -> Iterator[Store]:
    database = open_database(Settings(tmp_path).database)
    yield Store(database)
    database.close()


def start(client: TestClient, **changes: Any) -> str:
    answer = client.post("/v1/searches", json=TINY | changes)
    assert answer.status_code == 202, answer.text
    job_id: str = answer.json()["id"]
    return job_id


def draft(client: TestClient, **fields: str) -> dict[str, Any]:
    answer = client.post("/searches/draft", json={"fields": fields})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_no_page_has_a_script_in_it_or_lets_one_in(client: TestClient) -> None:
    job_id = start(client, labels={"name": NASTY, "team": NASTY})
    for path in ("/searches", "/searches/new", f"/searches/{job_id}", f"/compare?id={job_id}&id={job_id}"):
        answer = client.get(path, headers=PAGE)
        assert answer.status_code == 200, answer.text
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert "<img" not in answer.text
        for attributes, content in re.findall(r"<script([^>]*)>(.*?)</script>", answer.text, re.DOTALL):
            assert not content.strip() or 'type="application/json"' in attributes
        assert not re.search(r"\son\w+=", answer.text.replace("&#34;", "").replace("onerror=", ""))
        assert not re.search(r'(?:src|href)="(?:https?:)?//', answer.text)


def test_the_list_says_what_to_do_while_it_is_empty(client: TestClient) -> None:
    assert "Start the first one" in client.get("/searches").text
    assert "No search is failed." in client.get("/searches?state=failed").text
    assert client.get("/", follow_redirects=False).headers["location"] == "/searches"


def test_errors_are_pages_for_people_and_problems_for_programs(client: TestClient) -> None:
    missing = "/searches/01a225e4-3c69-7eae-be1b-67d883070a14"
    page = client.get(missing, headers=PAGE)
    assert page.status_code == 404
    assert "there is no search 01a225e4" in page.text
    assert page.headers["content-type"].startswith("text/html")
    assert client.get(missing).headers["content-type"] == "application/problem+json"
    assert client.get(f"/v1{missing}", headers=PAGE).headers["content-type"] == "application/problem+json"
    one = start(client)
    assert "choose two searches to compare, not 1" in client.get(f"/compare?id={one}", headers=PAGE).text


def test_every_setting_of_a_search_has_a_field() -> None:
    fields = [field.name for fields in SEARCH_FORM.groups().values() for field in fields]
    assert sorted(fields) == sorted(SEARCH_FORM.options)
    assert "weights" not in fields


def test_a_form_becomes_the_body_that_asks_for_the_same(client: TestClient) -> None:
    spec = SearchSpec(TeacherSpec("resnet56", 10, (3, 16, 16)), "cifar-resnet", evaluations=40, max_seconds=2.5, seed=7)
    texts = SEARCH_FORM.texts_of(to_json(spec))
    found = draft(client, **texts)
    job_id = client.post("/v1/searches", json=found["body"]).json()["id"]
    assert client.get(f"/v1/searches/{job_id}").json()["spec"] == to_json(spec)
    again = client.get(f"/searches/new?like={job_id}").text
    assert 'name="teacher" value="resnet56"' in again
    assert 'name="input" value="3x16x16"' in again


def test_units_are_read_as_the_command_line_reads_them() -> None:
    body = SEARCH_FORM.body_of(
        {"teacher": "resnet20", "max_params": "0.5M", "max_latency": "4ms", "evaluations": " "}, {"name": "a"}
    )
    assert body == {
        "teacher": {"name": "resnet20"},
        "constraints": {"max_params": 500_000, "max_latency": 0.004},
        "labels": {"name": "a"},
    }


WRONG = [
    ({"evaluations": "0"}, "evaluations", "evaluations must be at least 1, not 0"),
    ({"evaluations": "many"}, "evaluations", "evaluations must be a whole number, not 'many'"),
    ({"max_params": "lots"}, "max_params", "a count is a positive number, such as 500000"),
    ({"classes": "0"}, "classes", "teacher.num_classes must be at least 1, not 0"),
    ({"weights": "/etc/passwd"}, "weights", "there is no field 'weights'"),
    ({"probe": "folder:/etc"}, "probe", "probe 'folder:/etc' cannot be had over HTTP"),
    ({"teacher": "resnet57"}, "", "unknown teacher 'resnet57'; valid: "),
    ({"max_params": "5"}, "", "no architecture of nasbench201 has at most 5 parameters"),
]


@pytest.mark.parametrize(("fields", "name", "said"), WRONG, ids=[said for _, _, said in WRONG])
def test_what_is_wrong_stands_at_its_field(client: TestClient, fields: dict[str, str], name: str, said: str) -> None:
    wrong = draft(client, **({"teacher": "resnet20"} | fields))["wrong"]
    assert wrong["field"] == name
    assert wrong["detail"].startswith(said)


def test_the_price_goes_by_searches_that_have_run(client: TestClient, store: Store) -> None:
    fields = {
        "teacher": "resnet20",
        "space": "cifar-resnet",
        "score": "nwot",
        "evaluations": "40",
        "student_inits": "3",
    }
    first = draft(client, **fields, finalists="10")["estimate"]
    assert first == {"evaluations": 40, "networks": 40 + 2 * 10, "seconds": None, "based_on": 0}
    start(client, probe={}, labels={})
    leases = Leases(store.database, "worker", "x")
    lease = leases.claim(KINDS)
    assert lease is not None
    leases.succeed(lease, {"done": 60, "total": 60, "rate_per_s": 4.0}, {})
    assert draft(client, **fields, finalists="10")["estimate"] == first | {"seconds": 15.0, "based_on": 1}
    assert draft(client, **fields, finalists="10", max_seconds="7")["estimate"]["seconds"] == 7.0
    assert draft(client, **(fields | {"score": "macs"}), finalists="10")["estimate"]["seconds"] is None
    with_limit = draft(client, **fields, finalists="10", max_params="0.5M")["estimate"]
    assert with_limit["networks"] == 40 + 2 * 10 + 20
    with_reference = draft(client, **(fields | {"score": "az-nas"}), finalists="10")["estimate"]
    assert with_reference["networks"] == 64 + 40 + 2 * 10


def test_candidates_come_from_a_number_on(client: TestClient, store: Store) -> None:
    job_id = start(client)
    leases = Leases(store.database, "worker", "x")
    lease = leases.claim(KINDS)
    assert lease is not None
    details = {"params": 5, "macs": 7, "memory": 9, "latency": None, "initializations": 1, "failure": None}
    rows = [{"number": n, "arch": str(n), "score": float(n), "details": details} for n in range(3)]
    leases.checkpoint(lease, {"done": 3, "total": 60, "percent": 5.0, "phase": "exploring"}, Snapshot(3, {}), rows)
    found = client.get(f"/searches/{job_id}/rows?start=1").json()
    assert [row["number"] for row in found["rows"]] == [1, 2]
    assert found["rows"][0] == {
        "number": 1, "arch": "1", "score": 1.0, "inits": 1, "terms": None, "failure": None,
        "params": 5, "macs": 7, "memory": 9, "latency": None,
    }  # fmt: skip
    assert (found["state"], found["percent"]) == ("running", 5.0)
    assert found["doing"] == "evaluating candidates, 3 of 60"
    assert store.get(LOCAL, "search", job_id).state == "running"


def test_only_the_scripts_of_the_pages_are_served(client: TestClient) -> None:
    answer = client.get("/static/plotly.min.js")
    assert b"plotly.js v" in answer.content[:200]
    assert client.get("/static/plotly.min.js", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    for name in ("charts.js", "table.js", "search.js", "live.js", "list.js", "new.js", "compare.js"):
        assert client.get(f"/static/{name}").headers["content-type"].startswith("text/javascript")
    for name in ("..%2f..%2fapp.py", "%2e%2e/app.py", "live.js%00", "/etc/passwd", "search.css", ""):
        assert client.get(f"/static/{name}").status_code in (404, 405)


def test_a_search_of_another_version_still_has_a_page(client: TestClient, store: Store) -> None:
    spec = json.loads(json.dumps(to_json(SearchSpec(TeacherSpec("resnet20")))))
    job, _ = store.create(LOCAL, "search", spec | {"space": "gone"}, {}, {"done": 0, "total": 1})
    page = client.get(f"/searches/{job.id}", headers=PAGE)
    assert page.status_code == 200
    assert "in a way that this version does not know" in page.text
    assert "resnet20" in client.get("/searches").text


def test_the_student_of_a_search_is_distilled_from_its_page(client: TestClient, store: Store) -> None:
    job_id = start(client, teacher={"name": "resnet20", "num_classes": 10, "in_shape": [1, 8, 8]})
    page = client.get(f"/distillations/new?search={job_id}&arch=1-1-1", headers=PAGE).text
    assert 'name="student" value="cifar-resnet:1-1-1"' in page
    assert 'name="input" value="1x8x8"' in page
    fields = {"teacher": "resnet20", "classes": "10", "input": "1x8x8", "student": "cifar-resnet:1-1-1", "epochs": "1"}
    wrong = client.post("/distillations/draft", json={"fields": fields}).json()["wrong"]
    assert wrong["detail"].startswith("teacher resnet20 has no trained weights")
    found = client.post("/distillations/draft", json={"fields": fields | {"train_teacher": "yes"}}).json()
    assert found["estimate"]["networks"] == 2
    maybe = client.post("/distillations/draft", json={"fields": fields | {"train_teacher": "maybe"}}).json()["wrong"]
    assert maybe == {"field": "train_teacher", "detail": "train_teacher must be yes or no, not 'maybe'"}
    files = client.post(
        "/distillations/draft", json={"fields": fields | {"train_teacher": "yes", "data": "folder:/etc"}}
    ).json()["wrong"]
    assert "are not among the data sets of this service" in files["detail"]
    assert "Nothing has been distilled yet" in client.get("/distillations").text
    job = client.post("/v1/distillations", json=found["body"]).json()
    assert "cifar-resnet:1-1-1" in client.get("/distillations").text
    assert "Cancel" in client.get(f"/distillations/{job['id']}", headers=PAGE).text
    assert client.get(f"/distillations/{job['id']}/rows").json()["doing"] == "waiting for a worker, 0 of 2"
    leases = Leases(store.database, "worker", "x")
    lease = leases.claim(["distillation"])
    assert lease is not None
    group = {"kind": "teacher", "network": "resnet20", "params": 5, "accuracy": 0.5, "spread": None, "ece": 0.1}
    report = {"teacher": {"accuracy": 0.5, "ece": 0.1}, "groups": [group | {"agreement": None}], "trainings": []}
    leases.succeed(lease, {"done": 2, "total": 2}, report)
    done = client.get(f"/distillations/{job['id']}", headers=PAGE).text
    assert "50.00%" in done
    assert f"/v1/distillations/{job['id']}/artifacts/student.safetensors" in done
    again = client.get(f"/distillations/new?like={job['id']}", headers=PAGE).text
    assert 'name="epochs" value="1"' in again
