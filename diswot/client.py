"""A client of the service: ask for searches on another machine, follow them, and get their results.

Whatever is asked is asked again where the connection is lost or the service is busy, and nothing is started twice: each
request for a search carries an idempotency key.

Example:
    >>> client = Client("http://127.0.0.1:8080", patience=0)
    >>> client.submit(SearchSpec(TeacherSpec("resnet20")))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    diswot.errors.ServerError: no service answers at http://127.0.0.1:8080: ...
"""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Callable, Mapping
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

from diswot.errors import DiswotError, InputError, ServerError
from diswot.spec.document import to_json
from diswot.spec.search import SearchSpec
from diswot.spec.teacher import TeacherSpec

if TYPE_CHECKING:
    from diswot.report.result import Result

KEY = "DISWOT_API_KEY"
"""Environment variable with the key of the service."""
PATIENCE = 120.0
"""Seconds for which a request is repeated before it is given up."""
WAIT = 20
"""Seconds that one request waits for a change."""
AGAIN = (429, 502, 503, 504)
"""Statuses after which the same request may succeed."""
FINISHED = ("succeeded", "failed", "cancelled")


class Client:
    """A service.

    Args:
        server: its address, `http://HOST:PORT`, with the path of a proxy if there is one.
        key: that lets us in; by default that of the environment variable `DISWOT_API_KEY`.
        patience: seconds for which a request is repeated before it is given up.

    Raises:
        InputError: the address is none.
    """

    def __init__(self, server: str, key: str | None = None, *, patience: float = PATIENCE) -> None:
        parts = urlsplit(server)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
            raise InputError(f"server must be an address such as http://127.0.0.1:8080, not {server!r}")
        self.server = server.rstrip("/")
        self.patience = patience
        self._root = parts.path.rstrip("/")
        self._key = key or os.environ.get(KEY)

    def submit(self, spec: SearchSpec, labels: Mapping[str, str] | None = None) -> RemoteSearch:
        """Ask for a search.

        Raises:
            InputError: the service refuses it, in the sentence that the command line has for it.
            ServerError: the service does not answer, or lets us not in.
        """
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        return RemoteSearch(self, self.ask("POST", "/v1/searches", _body(spec, labels), headers))

    def estimate(self, spec: SearchSpec) -> dict[str, Any]:
        """What a search would take, as the service says; nothing is started."""
        found: dict[str, Any] = self.ask("POST", "/v1/searches?validate_only=true", _body(spec, None))["estimate"]
        return found

    def get(self, job_id: str) -> RemoteSearch:
        """The search with that id."""
        return RemoteSearch(self, self.ask("GET", f"/v1/searches/{job_id}"))

    def ask(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """What the service answers; an empty answer is an empty object.

        Args:
            method: of HTTP; one that may be repeated.
            path: below the address of the service.
            body: JSON.
            headers: beside those that every request has.
        """
        end, delay = time.monotonic() + self.patience, 0.2
        while True:
            try:
                return self._ask(method, path, body, headers or {})
            except _Again as again:
                delay = max(delay, again.after)
                if time.monotonic() + delay > end:
                    raise ServerError(str(again)) from again.__cause__
            time.sleep(delay)
            delay = min(2 * delay, 5.0)

    def path_of(self, link: str) -> str:
        """A link of a document as a path below the address of the service."""
        return link.removeprefix(self._root)

    def _ask(self, method: str, path: str, body: object, headers: Mapping[str, str]) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        every = {"Accept": "application/json", **headers}
        if data is not None:
            every["Content-Type"] = "application/json"
        if self._key:
            every["Authorization"] = f"Bearer {self._key}"
        request = Request(self.server + path, data, every, method=method)  # noqa: S310 - the scheme is checked
        try:
            with urlopen(request, timeout=WAIT + 40) as answer:  # noqa: S310 - the same
                return _read(answer.read())
        except HTTPError as error:
            with error:
                if error.code == 304:
                    return {}
                raise self._refused(error, _read(error.read())) from None
        except (URLError, HTTPException, OSError) as error:
            reason = getattr(error, "reason", None) or error
            raise _Again(f"no service answers at {self.server}: {reason}") from error

    def _refused(self, error: HTTPError, problem: dict[str, Any]) -> DiswotError:
        detail = str(problem.get("detail") or f"the service at {self.server} answers with status {error.code}")
        if error.code in AGAIN:
            return _Again(detail, _seconds(error.headers.get("Retry-After")))
        return InputError(detail) if error.code in (400, 404, 409, 422) else ServerError(detail)


class RemoteSearch:
    """A search of a service.

    Args:
        client: of the service.
        document: of the search, as the service gave it.

    Attributes:
        document: as it was when it was last looked at.
    """

    def __init__(self, client: Client, document: dict[str, Any]) -> None:
        self.client = client
        self.document = document

    @property
    def id(self) -> str:
        """The id under which the service knows it."""
        return str(self.document["id"])

    @property
    def state(self) -> str:
        """`queued`, `running`, `cancelling`, `succeeded`, `failed` or `cancelled`, when it was last looked at."""
        return str(self.document["state"])

    @property
    def progress(self) -> dict[str, Any]:
        """How far it had come when it was last looked at."""
        found: dict[str, Any] = self.document["progress"]
        return found

    def wait(self, tell: Callable[[RemoteSearch], None] = lambda _: None) -> RemoteSearch:
        """Wait until it has ended.

        Args:
            tell: called whenever it has come further.
        """
        while self.state not in FINISHED:
            tell(self)
            self.refresh(WAIT)
        tell(self)
        return self

    def refresh(self, wait: float = 0.0) -> None:
        """Look at it again, after it has changed or so many seconds."""
        path = f"{self._link('self')}?{urlencode({'wait': wait})}"
        self.document = self.client.ask("GET", path, headers={"If-None-Match": self.document["etag"]}) or self.document

    def cancel(self) -> None:
        """Ask it to stop."""
        self.document = self.client.ask("POST", self._link("cancel"))

    def resume(self) -> None:
        """Let it go on from its last checkpoint, after it has failed or was cancelled."""
        self.document = self.client.ask("POST", self._link("resume"))

    def delete(self) -> None:
        """Remove it, once it has ended."""
        self.client.ask("DELETE", self._link("self"))

    def recommendation(self, k: int = 3, **limits: float) -> dict[str, Any]:
        """Students out of what has been measured, under tighter limits such as `max_params=300_000`."""
        return self.client.ask("GET", f"{self._link('recommendation')}?{urlencode({'k': k, **limits})}")

    def result(self) -> Result:
        """The result of the search, once it has succeeded.

        Raises:
            DiswotError: it has failed, with the reason, or has no result yet.
        """
        if self.state == "failed":
            raise DiswotError(f"search {self.id} failed: {self.document['error'].get('detail')}")
        if self.state != "succeeded":
            raise DiswotError(f"search {self.id} is {self.state} and has no result")
        from diswot.report.result import Result

        return Result.model_validate(self.document["result"], by_alias=True)

    def _link(self, name: str) -> str:
        return self.client.path_of(self.document["links"][name])


class _Again(ServerError):
    """The same request may succeed, after some seconds."""

    def __init__(self, message: str, after: float = 0.0) -> None:
        super().__init__(message)
        self.after = after


def _body(spec: SearchSpec, labels: Mapping[str, str] | None) -> dict[str, Any]:
    """The body of a request for a search.

    Raises:
        InputError: the spec names a file, which is not on the machine of the service.
    """
    found = to_json(spec)
    if found["teacher"].pop("weights", None) is not None:
        raise InputError("weights are a file of this machine, which the service has not; search without --server")
    return found | ({"labels": dict(labels)} if labels else {})


def _read(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _seconds(retry_after: str | None) -> float:
    return float(retry_after) if retry_after and retry_after.isdecimal() else 0.0


__all__ = ["Client", "RemoteSearch", "SearchSpec", "TeacherSpec"]
