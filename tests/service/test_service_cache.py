"""What the worker measured for one search serves the next."""

from pathlib import Path

from diswot_service.settings import Settings
from tests.service.harness import Service, without_timings


def test_a_second_search_finds_what_the_first_one_measured(tmp_path: Path) -> None:
    with Service(tmp_path / "data", "--executor", "serial") as service:
        first, second = (service.finished(service.post(labels={"n": str(n)})["id"])["result"] for n in (1, 2))
    assert (first["cache"]["hits"], first["cache"]["misses"]) == (0, 60)
    assert (second["cache"]["hits"], second["cache"]["misses"]) == (60, 0)
    assert without_timings(first) == without_timings(second)
    assert sorted(path.name for path in (tmp_path / "data" / "cache").iterdir())[0].startswith("evaluations-")


def test_a_service_that_keeps_nothing_measures_anew(tmp_path: Path) -> None:
    assert Settings(tmp_path).compute.cache == tmp_path / "cache"
    assert Settings(tmp_path, keeps_evaluations=False).compute.cache is None
    with Service(tmp_path / "data", "--executor", "serial", "--no-cache") as service:
        result = service.finished(service.post()["id"])["result"]
    assert result["cache"] is None
    assert not (tmp_path / "data" / "cache").exists()
