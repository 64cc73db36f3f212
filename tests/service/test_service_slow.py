"""Clients that take their time, on purpose or not, over real connections."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
import uvicorn

from diswot_service.app import create_app
from diswot_service.protocol import Impatient
from diswot_service.settings import Settings
from tests.service.harness import wait_for

LIMIT = 0.5


class Hasty(Impatient):
    head_seconds = LIMIT


@pytest.fixture
def address(tmp_path: Path) -> Iterator[tuple[str, int]]:
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(create_app(Settings(tmp_path, body_seconds=LIMIT)), http=Hasty, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    wait_for(lambda: server.started or None)
    yield listener.getsockname()
    server.should_exit = True
    thread.join()
    listener.close()


def dribble(address: tuple[str, int], quickly: bytes, slowly: bytes) -> bytes:
    """What the server answers to one who sends the rest byte by byte, until the connection is closed."""
    with socket.create_connection(address) as client:
        client.sendall(quickly)
        client.settimeout(LIMIT / 8)
        answer = b""
        for i in range(len(slowly)):
            try:
                client.sendall(slowly[i : i + 1])
                part = client.recv(65536)
            except TimeoutError:
                continue
            except ConnectionError:
                return answer
            if not part:
                return answer
            answer += part
    raise AssertionError(f"the connection stayed open; the answer was {answer!r}")


HOST = b"Host: 127.0.0.1\r\n"
POST = b"POST /v1/searches HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n"


@pytest.mark.parametrize(
    "quickly",
    [b"", b"GET /livez HTTP/1.1\r\n", b"GET /livez HTTP/1.1\r\n" + HOST + b"\r\n"],
    ids=["new", "begun", "kept"],
)
def test_a_request_that_does_not_become_whole_is_dropped(address: tuple[str, int], quickly: bytes) -> None:
    answer = dribble(address, quickly, b"X-Slow: " + b"x" * 200)
    assert answer.startswith(b"HTTP/1.1 200") == quickly.endswith(b"\r\n\r\n"), "what was whole has been answered"


def test_nothing_at_all_is_dropped_too(address: tuple[str, int]) -> None:
    with socket.create_connection(address) as client:
        client.settimeout(30)
        assert client.recv(1) == b""


def test_a_slow_body_is_408(address: tuple[str, int]) -> None:
    head, _, body = dribble(address, POST, b" " * 200).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in head.lower()
    problem = json.loads(body)
    assert problem["type"] == "https://diswot.dev/problems/request-timeout"
    assert problem["detail"] == f"the body did not come in within {LIMIT:g} s"


def test_a_client_that_keeps_to_the_limits_may_take_long_over_many_requests(address: tuple[str, int]) -> None:
    client = HTTPConnection(*address)
    for _ in range(4):
        client.request("GET", "/livez")
        answer = client.getresponse()
        assert (answer.status, answer.read()) == (200, b'{"status":"ok","reasons":[]}')
        time.sleep(LIMIT / 2)
    client.close()
