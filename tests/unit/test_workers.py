"""Several serving processes: none outlives the one that started them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

LIMIT = 5.0
PROGRAM = """
import os, socket, time
from gatepost.workers import Workers

def work(_):
    os.write(1, b"%d\\n" % os.getpid())  # whole, whoever else writes
    time.sleep(60)

Workers(2, work, socket.socket()).run()
"""


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_workers_end_with_their_parent_however_it_ends():
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        try:
            workers = [int(parent.stdout.readline()) for _ in range(2)]
            assert all(map(lives, workers))
        finally:
            parent.kill()
    deadline = time.monotonic() + LIMIT
    try:
        while any(map(lives, workers)):
            assert time.monotonic() < deadline, "they go on by themselves"
            time.sleep(0.02)
    finally:
        for pid in filter(lives, workers):
            os.kill(pid, signal.SIGKILL)
