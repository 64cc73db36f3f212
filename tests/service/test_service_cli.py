import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from diswot.storage.lock import hold
from diswot_service.cli import app
from diswot_service.processes import end_session, members
from diswot_service.settings import Settings
from diswot_service.supervisor import Supervisor
from tests.service.harness import alive, wait_for

mounted = typer.Typer()
mounted.add_typer(app, name="up")


@pytest.mark.parametrize("command", [(app, []), (mounted, ["up"])], ids=["alone", "mounted"])
def test_a_host_that_others_can_reach_is_refused(command: tuple[typer.Typer, list[str]], tmp_path: Path) -> None:
    done = CliRunner().invoke(command[0], [*command[1], "--host", "0.0.0.0", "--data", str(tmp_path / "data")])
    assert done.exit_code == 2
    assert done.stderr == (
        "error: others can reach '0.0.0.0', and there is no key yet; make one with `diswot keys add NAME` for the same "
        "data, or listen on one of 127.0.0.1, localhost, ::1\n"
    )
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--executor", "threads"], "unknown executor 'threads'; valid: serial, processes, ray"),
        (["--workers", "0"], "workers must be at least 1, not 0"),
        (["--keep-days", "0"], "keep-days must be a number of days above 0, not 0"),
        (["--keep-days", "nan"], "keep-days must be a number of days above 0, not nan"),
        (["--data", "/dev/null/x"], "data folder '/dev/null/x' cannot be made: Not a directory"),
    ],
)
def test_wrong_options_are_refused_in_one_sentence(options: list[str], sentence: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["--port", "0", "--data", str(tmp_path / "data"), *options])
    assert (done.exit_code, done.stderr) == (2, f"error: {sentence}\n")
    assert not (tmp_path / "data").exists()


def test_a_port_that_is_taken_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = CliRunner().invoke(app, ["--port", str(port), "--data", str(tmp_path / "data")])
    assert done.exit_code == 2
    assert done.stderr == f"error: cannot listen on port {port} of 127.0.0.1: Address already in use\n"
    assert not (tmp_path / "data").exists()


def test_a_data_folder_in_use_is_refused_before_its_database_is_touched(tmp_path: Path) -> None:
    with hold(tmp_path / "diswot_service.lock") as held:
        assert held
        done = CliRunner().invoke(app, ["--port", "0", "--data", str(tmp_path)])
        assert [path.name for path in tmp_path.iterdir()] == ["diswot_service.lock"]
    assert (done.exit_code, done.stderr) == (2, f"error: data folder {str(tmp_path)!r} is in use by another service\n")


def test_a_session_ends_with_all_its_processes() -> None:
    script = "import subprocess, sys; subprocess.Popen(['sleep', '60'], process_group=0); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script], start_new_session=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as leader:
        assert leader.stdout is not None
        leader.stdout.readline()
        both = [process.pid for process in members(leader.pid)]
        assert len(both) == 2
        end_session(leader.pid)
        assert not any(map(alive, both))


def test_a_worker_that_dies_is_started_again_with_patience(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("diswot_service.supervisor.FIRST_DELAY", 0.05)
    starts = tmp_path / "starts"
    supervisor = Supervisor(Settings(tmp_path))
    supervisor._command = [sys.executable, "-c", f"open({str(starts)!r}, 'a').write('x'); raise SystemExit(3)"]
    with supervisor:
        wait_for(lambda: (starts.exists() and len(starts.read_text()) >= 3) or None, 20)
    count = len(starts.read_text())
    time.sleep(0.5)
    assert len(starts.read_text()) == count


def test_a_worker_that_does_not_stop_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("diswot_service.supervisor.GRACE", 0.2)
    ready = tmp_path / "ready"
    supervisor = Supervisor(Settings(tmp_path))
    script = f"import signal, time; signal.signal(15, signal.SIG_IGN); open({str(ready)!r}, 'w'); time.sleep(60)"
    supervisor._command = [sys.executable, "-c", script]
    with supervisor:
        wait_for(lambda: ready.exists() or None, 20)
        assert supervisor._process is not None
        pid = supervisor._process.pid
    assert not alive(pid)


def test_what_does_not_lead_its_session_ends_only_what_it_has_started() -> None:
    own = """
import subprocess
from diswot_service.processes import end_own
print(subprocess.Popen(["sleep", "60"]).pid, flush=True)
end_own()
"""
    script = f"""
import subprocess, sys
subprocess.run([sys.executable, "-c", {own!r}])
print("still here", flush=True)
input()
"""
    with subprocess.Popen(
        [sys.executable, "-c", script], start_new_session=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as shell:
        assert shell.stdout is not None
        started = int(shell.stdout.readline())
        assert shell.stdout.readline() == "still here\n"
        assert not alive(started)
        shell.kill()


def test_workers_have_names_of_their_own_and_no_password_on_their_command_line(tmp_path: Path) -> None:
    settings = Settings(tmp_path, database_url="postgresql+psycopg://diswot:secret@db/diswot")
    commands = [Supervisor(settings, number)._command for number in range(2)]
    names = [command[command.index("--name") + 1] for command in commands]
    assert names[0] != names[1]
    assert "secret" not in " ".join(commands[0])
    assert "secret" not in repr(settings)
    assert Supervisor(settings)._environment["DISWOT_DATABASE_URL"] == settings.database_url
