"""POSTs of many clients while the API is killed again and again: each starts exactly one job."""

from __future__ import annotations

import random
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from diswot.client import Client
from diswot.spec.document import from_json
from diswot.spec.search import SearchSpec
from diswot_service.settings import Settings
from diswot_service.store import LOCAL, Store, open_database
from tests.service.harness import TINY

CLIENTS = 8
SPEC = from_json(SearchSpec, TINY)


class Api:
    """An API process on one port, killed and started again; without workers."""

    def __init__(self, data: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        code = "from diswot_service.cli import serve; serve()"
        self.command = [sys.executable, "-c", code, "--port", str(self.port), "--data", str(data)]
        self.process = self._start()

    def kill(self) -> None:
        """Kill it, and start the next one."""
        self.process.kill()
        self.process.wait()
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self.command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def storm(data: Path, posts: int, kills: int) -> dict[str, Any]:
    """Post from several clients, and kill the API so often meanwhile; how many jobs there are then."""
    api, done = Api(data), threading.Event()
    answered: list[str] = []
    rng, killed = random.Random(posts), 0

    def watch() -> None:
        for one in everyone:
            one.result()
        done.set()

    def post(_: int) -> None:
        answered.append(Client(f"http://127.0.0.1:{api.port}", patience=600).submit(SPEC).id)
        time.sleep(0.05)

    with ThreadPoolExecutor(CLIENTS) as pool:
        everyone = [pool.submit(post, number) for number in range(posts)]
        threading.Thread(target=watch).start()
        while killed < kills and not done.is_set():
            wanted = posts * (killed + 1) // (kills + 1)
            while len(answered) < wanted and not done.is_set():
                time.sleep(0.01)
            time.sleep(rng.uniform(0, 0.1))
            api.kill()
            killed += 1
    api.process.kill()
    api.process.wait()
    database = open_database(Settings(data).database)
    jobs = {job.id for job in Store(database).page(LOCAL, "search", 10 * posts)}
    database.close()
    return {"posts": posts, "kills": killed, "jobs": len(jobs), "answered": len(set(answered) & jobs)}
