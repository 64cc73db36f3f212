"""A distillation as clients have it: from a request to its weights, cancelled, killed and resumed."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load

from diswot_service.store import open_database
from tests.service.harness import Service, wait_for

TINY: dict[str, Any] = {
    "teacher": {"name": "resnet20", "num_classes": 10, "in_shape": [1, 8, 8]},
    "student": "cifar-resnet:1-1-1",
    "data": {"source": "digits", "train_images": 100},
    "recipe": {"epochs": 1, "batch_size": 30},
    "train_teacher": True,
}
PATH = "/v1/distillations"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("distillations") / "data") as running:
        yield running


def start(service: Service, **changes: Any) -> dict[str, Any]:
    answer = service.client.post(PATH, json=TINY | changes)
    assert answer.status_code == 202, answer.text
    document: dict[str, Any] = answer.json()
    return document


def until(service: Service, job: dict[str, Any], *states: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = service.client.get(f"{PATH}/{job['id']}").json()
        return found if found["state"] in states else None

    return wait_for(look, 120)


@pytest.mark.slow
def test_a_distillation_over_http_ends_with_weights_and_report(service: Service) -> None:
    job = start(service)
    assert job["progress"]["total"] == 2
    done = until(service, job, "succeeded", "failed")
    assert done["state"] == "succeeded", done["error"]
    assert done["progress"]["percent"] == 100.0
    assert [group["kind"] for group in done["result"]["groups"]] == ["teacher", "distilled"]
    items = service.client.get(done["links"]["artifacts"]).json()["items"]
    assert [item["name"] for item in items] == ["student.safetensors", "student.json", "report.json", "report.html"]
    for item in items:
        answer = service.client.get(f"{done['links']['artifacts']}/{item['name']}")
        assert hashlib.sha256(answer.content).hexdigest() == item["sha256"]
    weights = load(service.client.get(f"{done['links']['artifacts']}/student.safetensors").content)
    assert sum(one.numel() for name, one in weights.items() if "running" not in name) > 70_000
    assert service.client.get(f"{done['links']['artifacts']}/passwd").status_code == 422


@pytest.mark.slow
def test_a_distillation_is_cancelled_goes_on_after_a_kill_and_leaves_no_folder(service: Service) -> None:
    long = {"recipe": {"epochs": 400, "batch_size": 30}}
    job = start(service, **long)
    wait_for(lambda: service.client.get(f"{PATH}/{job['id']}").json()["progress"]["done"] > 3 or None, 120)
    os.kill(service.worker(), signal.SIGKILL)
    wait_for(lambda: service.client.get(f"{PATH}/{job['id']}").json()["attempt"] == 2 or None, 120)
    assert until(service, job, "running")["state"] == "running"
    assert service.client.get(f"{PATH}/{job['id']}/artifacts").json() == {"items": []}
    assert service.client.get(f"{PATH}/{job['id']}/artifacts/report.json").status_code == 404
    service.client.post(f"{PATH}/{job['id']}:cancel")
    assert until(service, job, "cancelled")["state"] == "cancelled"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"data": {"source": "folder:/etc"}}, "data 'folder:/etc' are not among the data sets of this service: digits"),
        ({"data": {"source": "folder:../jobs"}}, "are not among the data sets of this service"),
        ({"student": "os:system"}, "unknown teacher 'os:system'"),
        ({"distiller": "os:system"}, "unknown distiller 'os:system'"),
        ({"train_teacher": False}, "teacher resnet20 has no trained weights"),
        ({"teacher": {"name": "resnet20", "weights": "/etc/passwd"}}, "has no field 'weights'"),
        ({"recipe": {"epochs": 10**6}}, "recipe.epochs must be at most 2,000, not 1000000"),
        ({"device": "cuda"}, "has no field 'device'"),
    ],
)
def test_what_clients_may_not_say_is_refused(service: Service, changes: dict[str, Any], sentence: str) -> None:
    answer = service.client.post(PATH, json=TINY | changes)
    assert answer.status_code == 422
    assert sentence in json.dumps(answer.json(), ensure_ascii=False).replace('\\"', '"')


def test_a_dry_run_counts_the_trainings(service: Service) -> None:
    answer = service.client.post(f"{PATH}?validate_only=true", json=TINY | {"seeds": 3, "compare": "both"})
    assert answer.status_code == 200
    assert answer.json()["estimate"]["networks"] == 1 + 3 * 3


def test_folders_of_deleted_distillations_are_removed(tmp_path: Path) -> None:
    from diswot_service.jobs.distillation_work import DistillationWork
    from diswot_service.settings import Settings
    from diswot_service.store import LOCAL, Leases, Store

    settings = Settings(tmp_path)
    database = open_database(settings.database)
    try:
        job = Store(database).create(LOCAL, "distillation", TINY, {}, {"done": 0, "total": 2})[0]
        lease = Leases(database, "w", "b").claim(["distillation"])
        assert lease is not None
        for name in (job.id, "gone"):
            (settings.distillations / name).mkdir(parents=True)
        DistillationWork(Leases(database, "w", "b"), lease, settings, threading.Event())._remove_left_behind()
        assert [one.name for one in settings.distillations.iterdir()] == [job.id]
    finally:
        database.close()
