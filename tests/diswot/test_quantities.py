"""Quantities as people write them."""

from __future__ import annotations

import re

import pytest

from diswot.errors import InputError
from diswot.quantities import parse_bytes, parse_count, parse_seconds, say_seconds


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("500000", 500_000),
        ("0.5M", 500_000),
        (" 0.5 M ", 500_000),
        ("0.5M params", 500_000),
        ("80 MMACs", 80_000_000),
        ("80 MACs", 80),
        ("1.2G", 1_200_000_000),
        ("1k", 1_000),
        ("1K", 1_000),
        ("1.9", 1),
        ("0.29M", 290_000),
        ("9" * 18, 10**18 - 1),
    ],
)
def test_counts_are_read_as_people_write_them(text: str, count: int) -> None:
    assert parse_count(text) == count


@pytest.mark.parametrize(
    "text", ["", "M", "0", "0.0001", "-1", "1e6", "0.5m", "1,000", "5 apples", "nan", "inf", "1.M", "٣", "9" * 400]
)
def test_what_is_no_count_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_count(text)
    assert str(caught.value) == f"a count is a positive number, such as 500000, 0.5M or 80 MMACs, not {text!r}"


@pytest.mark.parametrize(
    ("text", "count"),
    [("300000", 300_000), ("2 MB", 2_000_000), ("512 KiB", 524_288), ("0.5MiB", 524_288), ("64kB", 64_000),
     ("64 KB", 64_000), ("7B", 7), ("1.5 GB", 1_500_000_000), ("1GiB", 1_073_741_824)],
)  # fmt: skip
def test_memory_is_read_as_people_write_it(text: str, count: int) -> None:
    assert parse_bytes(text) == count


@pytest.mark.parametrize("text", ["", "MB", "0", "0 MB", "-2 MB", "2M", "2mb", "2 Mbit", "1,000", "0.5 B", "nan"])
def test_what_is_no_memory_is_refused(text: str) -> None:
    sentence = f"an amount of memory is a positive number of bytes, such as 300000, 512 KiB or 2 MB, not {text!r}"
    with pytest.raises(InputError, match=f"^{re.escape(sentence)}$"):
        parse_bytes(text)


@pytest.mark.parametrize(
    ("text", "seconds", "said"),
    [("4ms", 0.004, "4 ms"), ("250us", 0.00025, "250 us"), ("250 µs", 0.00025, "250 us"), ("1.5 s", 1.5, "1.5 s"),
     ("0.5ms", 0.0005, "500 us"), ("1000 ms", 1.0, "1 s"), ("3.08149 ms", 0.00308149, "3.081 ms")],
)  # fmt: skip
def test_times_are_read_and_said_as_people_write_them(text: str, seconds: float, said: str) -> None:
    assert parse_seconds(text) == seconds
    assert say_seconds(seconds) == said


@pytest.mark.parametrize("text", ["", "ms", "4", "0ms", "-1ms", "4 min", "4ns", "4MS", "inf s", "nan ms"])
def test_what_is_no_time_is_refused(text: str) -> None:
    sentence = f"a latency is a positive number with us, ms or s behind it, such as 4ms, not {text!r}"
    with pytest.raises(InputError, match=f"^{re.escape(sentence)}$"):
        parse_seconds(text)
