"""Starts the AWS emulator for the tests of scripts/deploy, with all of its services and its own folder."""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import time
import urllib.request
import uuid

# It takes some seconds, or much longer on a machine that is busy with builds.
LIMIT = 90


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def get(url: str) -> dict:
    with urllib.request.urlopen(url, timeout=LIMIT) as answer:
        return json.load(answer)


@contextlib.contextmanager
def running(folder: pathlib.Path):
    """Starts ministack on a free loopback port and yields its URL. crates/local explains the settings."""
    port, identity = free_port(), f"tidings-{uuid.uuid4()}"
    endpoint = f"http://127.0.0.1:{port}"
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | {
        "GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "MINISTACK_VERSION": identity, "LOG_LEVEL": "WARNING",
        "STATE_DIR": f"{folder}/state", "S3_DATA_DIR": f"{folder}/s3", "TMPDIR": str(folder), "PYTHONUNBUFFERED": "1",
        "IOT_MTLS_ENABLED": "0", "SFTP_ENABLED": "0", "DOCKER_HOST": f"unix://{folder}/no-docker.sock",
        # The functions that it runs call this address.
        "AWS_ENDPOINT_URL": endpoint,
    }
    with open(folder / "ministack.log", "wb") as log:
        process = subprocess.Popen(
            [".venv/bin/ministack"], env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        wait_until_ready(endpoint, identity, process)
        yield endpoint
    finally:
        # The processes of its functions are in its process group.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 15)
        process.wait(10)


def wait_until_ready(endpoint: str, identity: str, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + LIMIT
    while True:
        with contextlib.suppress(OSError):
            health = get(f"{endpoint}/_ministack/health")
            if health["version"] == identity and health["ready_scripts"]["status"] == "completed":
                return
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit("the AWS emulator is not ready; its log is ministack.log in the test's folder")
        time.sleep(0.1)
