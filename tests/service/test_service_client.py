"""The client of the service: against a real one, and against one that loses answers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from diswot.cli.app import app
from diswot.client import Client
from diswot.errors import DiswotError, InputError, ServerError
from diswot.spec.document import from_json
from diswot.spec.search import SearchSpec
from diswot.spec.teacher import TeacherSpec
from tests.service.harness import TINY, Service

SPEC = from_json(SearchSpec, TINY)
UNKNOWN = TINY | {"teacher": {"name": "timm:no-such"}, "score": "relation"}
RESNET = SearchSpec(TeacherSpec("resnet20"))


@pytest.fixture(scope="module", name="service")
def running_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("service") / "data") as service:
        yield service


def test_a_search_is_submitted_waited_for_and_its_result_read(service: Service) -> None:
    client = Client(service.url)
    estimate = client.estimate(SPEC)
    assert (estimate["evaluations"], estimate["networks"]) == (60, 60)
    job = client.submit(SPEC, {"team": "a"})
    assert job.document["labels"] == {"team": "a"}
    with pytest.raises(DiswotError, match=r"^search .* is queued and has no result$"):
        job.result()
    seen: list[int] = []
    job.wait(lambda job: seen.append(job.progress["done"]))
    assert seen == sorted(seen)
    assert seen[-1] == 60
    result = job.result()
    assert result.search == SPEC
    assert client.get(job.id).result() == result
    best = job.recommendation(k=1, max_params=result.recommended.params)["students"][0]
    assert best["arch"] == result.recommended.arch
    job.delete()
    with pytest.raises(InputError, match="there is no search"):
        client.get(job.id)


def test_a_search_is_cancelled_and_resumed(service: Service) -> None:
    job = Client(service.url).submit(SPEC)
    job.cancel()
    assert job.wait().state == "cancelled"
    job.resume()
    assert job.wait().state == "succeeded"


def test_what_the_service_refuses_is_said_in_its_words(service: Service) -> None:
    with pytest.raises(InputError, match=r"^no architecture of nasbench201 has at most 5 parameters: "):
        Client(service.url).ask(
            "POST", "/v1/searches", {"teacher": {"name": "resnet20"}, "constraints": {"max_params": 5}}
        )
    failed = Client(service.url).submit(from_json(SearchSpec, UNKNOWN)).wait()
    with pytest.raises(DiswotError, match="failed: unknown timm model 'no-such'"):
        failed.result()


def test_the_command_line_searches_elsewhere(service: Service, tmp_path: Path) -> None:
    words = ["search", "--server", service.url, "--teacher", "resnet20", "--classes", "10", "--input", "3x16x16"]
    words += [
        "--space",
        "cifar-resnet",
        "--score",
        "nwot",
        "--evaluations",
        "20",
        "--probe",
        "noise",
        "--probe-size",
        "8",
    ]
    words += ["--probe-size", "8", "--student-inits", "1", "--teacher-inits", "1"]
    done = CliRunner().invoke(app, [*words, "--out", str(tmp_path / "run")])
    assert done.exit_code == 0, done.output
    assert "Recommended student for resnet20 with 10 classes" in done.stdout
    assert f"follow it at {service.url}/searches/" in done.stderr
    result = json.loads((tmp_path / "run" / "result.json").read_text(encoding="utf-8"))
    assert result["recommended"]["arch"] in done.stdout
    dry = CliRunner().invoke(app, [*words, "--dry-run", "--json"])
    assert json.loads(dry.stdout)["networks"] == 20


@pytest.mark.parametrize("server", ["localhost:8080", "ftp://x", "http://", "http://x?y"])
def test_an_address_that_is_none_is_refused(server: str) -> None:
    with pytest.raises(InputError, match="server must be an address such as "):
        Client(server)


def test_files_of_this_machine_are_not_sent(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="weights are a file of this machine, which the service has not"):
        Client("http://127.0.0.1:1").submit(SearchSpec(TeacherSpec("resnet20", weights=tmp_path / "x.pth")))


class Unreliable(BaseHTTPRequestHandler):
    """Answers as it is told to, one answer after the other; 0 breaks the connection off."""

    answers: list[int]
    seen: list[tuple[str | None, str | None]]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append((self.headers["Idempotency-Key"], self.headers["Authorization"]))
        status = self.answers.pop(0)
        if status == 0:
            self.connection.close()
            return
        body = json.dumps({"id": "1", "state": "queued", "links": {}, "detail": "no"}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(name="unreliable")
def unreliable_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr("diswot.client.time.sleep", lambda _: None)
    Unreliable.seen = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Unreliable) as server:
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_a_lost_answer_is_asked_for_again_under_the_same_key(unreliable: str) -> None:
    Unreliable.answers = [0, 503, 429, 202]
    assert Client(unreliable, "k").submit(RESNET).id == "1"
    keys = {key for key, _ in Unreliable.seen}
    assert (len(Unreliable.seen), len(keys)) == (4, 1)
    assert {authorization for _, authorization in Unreliable.seen} == {"Bearer k"}
    Unreliable.answers = [202]
    Client(unreliable).submit(RESNET)
    assert Unreliable.seen[-1][0] not in keys


def test_it_is_not_asked_for_ever(unreliable: str) -> None:
    Unreliable.answers = [503, 401]
    with pytest.raises(ServerError, match=r"^no$"):
        Client(unreliable, patience=0).submit(RESNET)
    with pytest.raises(ServerError, match=r"^no$"):
        Client(unreliable).submit(RESNET)
    with pytest.raises(ServerError, match=r"^no service answers at http://127.0.0.1:1: "):
        Client("http://127.0.0.1:1", patience=0).submit(RESNET)
