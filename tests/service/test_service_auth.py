"""Who is let in, with what, and how often."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from diswot.errors import InputError
from diswot_service.app import create_app
from diswot_service.auth import COOKIE, SESSION
from diswot_service.cli import app, keys, serve
from diswot_service.errors import RateLimited
from diswot_service.limits import RateLimit
from diswot_service.routes.shared import ATTEMPTS, BURST
from diswot_service.settings import Settings
from diswot_service.store import LOCAL, Keys, open_database
from tests.service.harness import TINY

JOBS = "/v1/searches"
HOST = "http://127.0.0.1:8080"


@pytest.fixture(name="settings")
def settings_of_a_service(tmp_path: Path) -> Settings:
    return Settings(tmp_path, quota=2)


@pytest.fixture(name="client")
def client_of_a_service(settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(settings), base_url=HOST) as client:
        yield client


@pytest.fixture(name="known")
def keys_of_the_service(client: TestClient, settings: Settings) -> Iterator[Keys]:
    database = open_database(settings.database)
    yield Keys(database)
    database.close()


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_from_the_first_key_on_nobody_comes_in_without(client: TestClient, known: Keys) -> None:
    assert client.get(JOBS).status_code == 200
    key = known.add("ada", "write")
    for path in (JOBS, "/v1/proxies", "/v1/teachers", "/v1/search-spaces/nasbench201", "/metrics"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), path
        assert answer.json()["type"] == "https://diswot.dev/problems/unauthenticated"
    assert client.post(JOBS, json=TINY).status_code == 401
    assert client.get("/livez").status_code == 200
    for wrong in ("", "x", key[:-1] + "!", key[:-1] + ("a" if key[-1] != "a" else "b"), "diswot_00000000_" + "a" * 43):
        assert client.get(JOBS, headers=bearer(wrong)).status_code == 401
    assert client.get(JOBS, headers=bearer(key)).status_code == 200
    known.revoke(known.all()[0].id)
    assert client.get(JOBS, headers=bearer(key)).status_code == 401
    assert client.get(JOBS).status_code == 401, "a revoked key opens nothing, not even to everybody"


def test_a_scope_allows_what_it_says(client: TestClient, known: Keys) -> None:
    read, write, admin = (bearer(known.add("ada", scope)) for scope in ("read", "write", "admin"))
    refused = client.post(JOBS, json=TINY, headers=read)
    assert (refused.status_code, refused.json()["detail"]) == (
        403,
        "this key has the scope 'read', and this needs 'write'",
    )
    job = client.post(JOBS, json=TINY, headers=write).json()
    assert client.get(job["links"]["self"], headers=read).status_code == 200
    assert client.delete(job["links"]["self"], headers=read).status_code == 403
    assert [client.get("/metrics", headers=key).status_code for key in (read, write, admin)] == [403, 403, 200]


def test_jobs_belong_to_whoever_asked_for_them(client: TestClient, known: Keys) -> None:
    ada, bob = bearer(known.add("ada", "write")), bearer(known.add("bob", "write"))
    url = client.post(JOBS, json=TINY, headers=ada).json()["links"]["self"]
    assert client.get(url, headers=ada).status_code == 200
    for method, path in (("GET", url), ("POST", f"{url}:cancel"), ("DELETE", url)):
        assert client.request(method, path, headers=bob).status_code == 404
    assert client.get(JOBS, headers=bob).json()["items"] == []


def test_one_principal_has_a_quota(client: TestClient, known: Keys) -> None:
    ada, bob = bearer(known.add("ada", "write")), bearer(known.add("bob", "write"))
    assert [client.post(JOBS, json=TINY, headers=ada).status_code for _ in range(3)] == [202, 202, 429]
    answer = client.post(JOBS, json=TINY, headers=ada)
    assert answer.json()["detail"] == "2 of your jobs are unfinished, which is as many as you may have"
    assert answer.headers["retry-after"] == "60"
    assert client.post(JOBS, json=TINY, headers=bob).status_code == 202


def test_a_bucket_fills_up_again() -> None:
    now = 0.0
    limit = RateLimit(2.0, 3, lambda: now)
    for _ in range(3):
        limit.take("a")
    with pytest.raises(RateLimited, match=r"^2 requests a second are allowed here, and 3 at once$"):
        limit.take("a")
    limit.take("b")
    now = 0.5
    limit.take("a")
    with pytest.raises(RateLimited):
        limit.take("a")


def test_keys_are_not_guessed_quickly(client: TestClient, known: Keys) -> None:
    key = known.add("ada", "write")
    answers = [client.get(JOBS, headers=bearer("x")).status_code for _ in range(ATTEMPTS + 1)]
    assert answers == [401] * ATTEMPTS + [429]
    assert client.post("/login", json={"key": "x"}).status_code == 429
    assert client.get(JOBS, headers=bearer(key)).status_code == 200, "who has a key is not kept out"
    assert BURST > ATTEMPTS


def test_a_browser_signs_in_by_a_cookie_that_scripts_cannot_read(client: TestClient, known: Keys) -> None:
    page = {"Accept": "text/html"}
    key = known.add("ada", "write")
    away = client.get("/searches", headers=page, follow_redirects=False)
    assert (away.status_code, away.headers["location"]) == (303, "/login")
    assert client.get("/login", headers=page).status_code == 200
    assert client.post("/login", json={"key": key + "x"}).status_code == 401
    answer = client.post("/login", json={"key": key})
    assert answer.status_code == 204
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/", f"Max-Age={SESSION}"} <= set(cookie.split("; "))
    assert key not in cookie
    assert "Sign out" in client.get("/searches", headers=page).text
    assert client.post(JOBS, json=TINY).status_code == 202
    foreign = client.post(JOBS, json=TINY, headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403
    number, until, signature = client.cookies[COOKIE].split(".")
    later, ended, other = f"{number}.{int(until) + 1}", f"{number}.0", f"x.{until}"
    for forged in (
        f"{later}.{signature}",
        f"{ended}.{signature}",
        f"{other}.{signature}",
        "a",
        "",
        f"{number}.{until}",
    ):
        client.cookies.clear()
        assert client.get(JOBS, headers={"Cookie": f"{COOKIE}={forged}"}).status_code == 401
    client.post("/login", json={"key": key})
    assert client.get(JOBS).status_code == 200
    client.post("/logout")
    assert client.get(JOBS).status_code == 401


def test_a_key_is_kept_as_its_hash_and_told_once(
    client: TestClient, known: Keys, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    key = known.add("ada", "read")
    client.get(JOBS, headers=bearer(key))
    client.get(JOBS, headers=bearer(key + "x"))
    kept = b"".join(path.read_bytes() for path in settings.data.iterdir() if path.is_file())
    assert key.encode() not in kept
    assert key not in caplog.text
    assert key.rpartition("_")[2] not in caplog.text


@pytest.mark.parametrize("name", ["", "a b", LOCAL, "x" * 65, "../x"])
def test_a_name_that_is_none_is_refused(known: Keys, name: str) -> None:
    with pytest.raises(InputError, match="the name of a key must be 1 to 64 letters, digits, dots, hyphens"):
        known.add(name, "read")


def test_keys_are_made_listed_and_revoked_by_the_command_line(tmp_path: Path) -> None:
    run, data = CliRunner(), ["--data", str(tmp_path / "data")]
    empty = run.invoke(keys, ["list", *data])
    assert (empty.exit_code, empty.stderr[:20]) == (2, "error: job database ")
    key = run.invoke(keys, ["add", "ada", "--scope", "read", *data]).stdout.strip()
    wrong = run.invoke(keys, ["add", "ada", "--scope", "all", *data])
    assert (wrong.exit_code, wrong.stderr) == (2, "error: unknown scope 'all'; valid: read, write, admin\n")
    number = key.split("_")[1]
    assert run.invoke(keys, ["list", *data]).stdout.startswith(f"{number}  ada  read  made 20")
    assert run.invoke(keys, ["revoke", number, *data]).exit_code == 0
    assert run.invoke(keys, ["list", *data]).stdout.endswith("UTC, revoked\n")
    assert "there is no key 'x'" in run.invoke(keys, ["revoke", "x", *data]).stderr


@pytest.mark.parametrize("command", [app, serve], ids=["up", "serve"])
@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--root-path", "x"], "root-path must be a path such as /diswot, not 'x'"),
        (["--database", "here"], "the database must be a URL, such as postgresql+psycopg://user@host/name"),
        (["--host", "0.0.0.0"], "others can reach '0.0.0.0', and there is no key yet; make one with `diswot keys add "),
    ],
)
def test_wrong_settings_are_refused(command: object, options: list[str], sentence: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(command, ["--port", "0", "--data", str(tmp_path / "data"), *options])  # type: ignore[arg-type]
    assert done.exit_code == 2
    assert done.stderr.startswith(f"error: {sentence}")
    assert not (tmp_path / "data").exists()


def test_all_paths_have_the_prefix_of_the_proxy(tmp_path: Path) -> None:
    settings = Settings(tmp_path, root_path="/diswot", hosts=("127.0.0.1", "nas.example.org"))
    with TestClient(create_app(settings), "http://nas.example.org", root_path="/diswot") as client:
        answer = client.post(JOBS, json=TINY)
        job = answer.json()
        assert answer.headers["location"] == job["links"]["self"] == f"/diswot/v1/searches/{job['id']}"
        assert client.get("/", follow_redirects=False).headers["location"] == "/diswot/searches"
        text = client.get(f"/searches/{job['id']}", headers={"Accept": "text/html"}).text
        assert 'src="/diswot/static/live.js"' in text
        assert 'href="/searches' not in text
        whole = client.get(f"/diswot/searches/{job['id']}", headers={"Accept": "text/html"})
        assert whole.status_code == 200, "a proxy may leave the prefix where it is"
        assert client.get("/livez", headers={"Host": "evil.example.org"}).status_code == 400


def test_metrics_count_jobs_and_requests(client: TestClient) -> None:
    client.post(JOBS, json=TINY)
    client.get("/nothing/at/all")
    text = client.get("/metrics").text
    assert 'diswot_jobs{kind="search",state="queued"} 1.0' in text
    assert 'diswot_jobs{kind="search",state="running"} 0.0' in text
    assert "diswot_workers_alive 0.0" in text
    assert 'diswot_http_request_seconds_count{method="POST",route="/v1/searches",status="202"} 1.0' in text
    assert 'route="none",status="404"' in text
