"""What the service refuses, each with the status and the problem type that it answers with.

DiswotError
├── LeaseLost                another worker has taken the job over; the work in hand is dropped
└── ApiError                  a request that is not carried out
    ├── MalformedRequest     400 invalid-request
    ├── InvalidKey           400 idempotency-key-invalid
    ├── InvalidPageToken     400 page-token-invalid
    ├── Unauthenticated      401 unauthenticated
    ├── Forbidden            403 forbidden
    ├── NotFound             404 not-found
    ├── NoCandidatesYet      409 no-candidates-yet
    ├── NotResumable         409 not-resumable
    ├── JobFinished          409 job-finished
    ├── JobActive            409 job-active
    ├── PreconditionFailed   412 precondition-failed
    ├── WrongMediaType       415 unsupported-media-type
    ├── KeyReused            422 idempotency-key-reused
    ├── RateLimited          429 rate-limited
    ├── QuotaExceeded        429 quota-exceeded
    ├── Busy                 503 busy
    ├── QueueFull            503 queue-full
    └── StorageFault         the database cannot be relied on
        ├── StorageLow       503 storage-low
        └── StorageFailed    503 storage-failed

`InputError` of the library answers 422 invalid-request.
"""

from __future__ import annotations

from typing import ClassVar

from diswot.errors import DiswotError


class LeaseLost(DiswotError):
    """A worker wrote to a job that it no longer holds."""


class ApiError(DiswotError):
    """A request that is not carried out; the message says why in one sentence.

    Attributes:
        status: of the answer.
        slug: last part of the problem's type.
        retry_after: seconds after which the request may be tried again, where that can help.
    """

    status: ClassVar[int]
    slug: ClassVar[str]
    retry_after: ClassVar[int | None] = None


class MalformedRequest(ApiError):
    """The request cannot be read."""

    status, slug = 400, "invalid-request"


class InvalidKey(ApiError):
    """An `Idempotency-Key` that is empty, too long, or not printable."""

    status, slug = 400, "idempotency-key-invalid"


class InvalidPageToken(ApiError):
    """A page token that this service did not give, or gave for another filter."""

    status, slug = 400, "page-token-invalid"


class Unauthenticated(ApiError):
    """Keys are needed, and the request has none that is valid."""

    status, slug = 401, "unauthenticated"


class Forbidden(ApiError):
    """A request that a page of another origin made the browser send, or for which the scope of the key is too small."""

    status, slug = 403, "forbidden"


class NotFound(ApiError):
    """Nothing has that name or id."""

    status, slug = 404, "not-found"


class NoCandidatesYet(ApiError):
    """Nothing has been measured that could be recommended."""

    status, slug, retry_after = 409, "no-candidates-yet", 5


class NotResumable(ApiError):
    """The job has neither failed nor been cancelled."""

    status, slug = 409, "not-resumable"


class JobFinished(ApiError):
    """The job has ended and cannot be cancelled."""

    status, slug = 409, "job-finished"


class JobActive(ApiError):
    """The job has not ended and cannot be deleted."""

    status, slug = 409, "job-active"


class PreconditionFailed(ApiError):
    """The job is not in the version that the request is meant for."""

    status, slug = 412, "precondition-failed"


class WrongMediaType(ApiError):
    """The body is not JSON."""

    status, slug = 415, "unsupported-media-type"


class KeyReused(ApiError):
    """An `Idempotency-Key` that came with another body before."""

    status, slug = 422, "idempotency-key-reused"


class RateLimited(ApiError):
    """Somebody asks too often."""

    status, slug, retry_after = 429, "rate-limited", 1


class QuotaExceeded(ApiError):
    """Somebody has as many unfinished jobs as one may have."""

    status, slug, retry_after = 429, "quota-exceeded", 60


class Busy(ApiError):
    """As many clients as can be served follow events already."""

    status, slug, retry_after = 503, "busy", 5


class QueueFull(ApiError):
    """Too many jobs are waiting."""

    status, slug, retry_after = 503, "queue-full", 2


class StorageFault(ApiError):
    """The database cannot be relied on."""

    status, retry_after = 503, 60


class StorageLow(StorageFault):
    """The disk of the database is full, or nearly so."""

    slug = "storage-low"


class StorageFailed(StorageFault):
    """The database is gone, damaged, or cannot be read or written."""

    slug = "storage-failed"
