"""The PC/SC service for demonstrations and tests: the one that runs, or a private one for as long as it is needed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from simulator.errors import ServiceNotStarted

_SOCKET: Final = "/run/pcscd/pcscd.comm"
_SYSTEM_FOLDERS: Final = ":/usr/local/sbin:/usr/sbin:/sbin"
_START_TIMEOUT: Final = 10.0
_STOP_TIMEOUT: Final = 5.0
_POLL: Final = 0.05


def is_running() -> bool:
    """Whether a PC/SC service accepts clients; asking starts one that systemd keeps ready."""
    path = Path(os.environ.get("PCSCLITE_CSOCK_NAME", _SOCKET))
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(path))
        except OSError:
            return False
    return True


@contextmanager
def ensure_pcscd() -> Iterator[bool]:
    """Inside, a PC/SC service runs. Gives True where it was started for this, and is stopped afterwards.

    Raises:
        ServiceNotStarted: it is not installed, may not be started by this user, or ends at once.
    """
    if is_running():
        yield False
        return
    process = _start()
    try:
        _wait_for_service(process)
        yield True
    finally:
        _stop(process)


def _start() -> subprocess.Popen[bytes]:
    program = shutil.which("pcscd", path=os.environ.get("PATH", "") + _SYSTEM_FOLDERS)
    if program is None:
        raise ServiceNotStarted("pcscd is not installed")
    command = [*_as_root(), program, "--foreground"]
    quiet = subprocess.DEVNULL
    # A session of its own: a Ctrl-C in the terminal must not end the service before those who use it.
    return subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)


def _as_root() -> list[str]:
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo is None:
        raise ServiceNotStarted("the PC/SC service is not running, and only root may start it")
    return [sudo, "--non-interactive"]


def _wait_for_service(process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_TIMEOUT
    while not is_running():
        if process.poll() is not None:
            raise ServiceNotStarted(f"the PC/SC service ended at once with code {process.returncode}")
        if time.monotonic() > deadline:
            raise ServiceNotStarted("the PC/SC service does not accept clients")
        time.sleep(_POLL)


def _stop(process: subprocess.Popen[bytes]) -> None:
    for name in ("TERM", "KILL"):
        if process.poll() is None:
            # Through sudo, because a user may not signal what runs as root; by the shell, whose kill is always there.
            subprocess.run([*_as_root(), "/bin/sh", "-c", f"kill -{name} {process.pid}"], check=False)
        try:
            process.wait(_STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            continue
        return
