"""What keeps files out of a folder is found before any work, and called what it is."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from diswot.storage.refusal import obstacle, reason
from tests.disks import disk, fill, make_read_only


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "no space is left"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "the quota is used up"),
        (OSError(errno.EROFS, "Read-only file system"), "the file system is read-only"),
        (PermissionError(errno.EACCES, "Permission denied"), "no permission"),
        (OSError(errno.EIO, "Input/output error"), "Input/output error"),
        (OSError("odd"), "OSError"),
    ],
)
def test_the_reason_is_said_in_words(error: OSError, said: str) -> None:
    assert reason(error) == said


def test_a_folder_that_can_be_made_has_no_obstacle_and_is_not_made(tmp_path: Path) -> None:
    assert obstacle(tmp_path / "one" / "two") is None
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "photo.png").touch()
    assert obstacle(tmp_path / "photo.png" / "run") == f"{str(tmp_path / 'photo.png')!r} is a file, not a folder"


def test_a_read_only_file_system_is_called_that(tmp_path: Path) -> None:
    with disk(tmp_path / "disk") as folder:
        make_read_only(folder)
        assert obstacle(folder / "run") == f"the file system is read-only in {str(folder)!r}"


def test_a_full_disk_is_found(tmp_path: Path) -> None:
    with disk(tmp_path / "disk") as folder:
        fill(folder)
        assert obstacle(folder / "run") == f"no space is left in {str(folder)!r}"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_found(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        assert obstacle(tmp_path / "run") == f"no permission in {str(tmp_path)!r}"
    finally:
        tmp_path.chmod(0o700)
