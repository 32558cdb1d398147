"""Runs what cargo-lambda built under cargo-lambda, as README tells a person to, and looks at the effects.

Every function's bootstrap is invoked with a fixture; then an event goes through the event source mapping into
`cargo lambda watch`. The commands stand here as they stand in README; only their port is another one, which is free.
"""

import contextlib
import json
import os
import pathlib
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import botocore.session

PORT = "9000"
UP = "target/quick/tidings up --invoke http://127.0.0.1:9000 --environments .local/environments"
WATCH = "cargo lambda watch --only-lambda-apis --invoke-address 127.0.0.1"
BOOTSTRAP = """\
set -a; . .local/environments/email.env
AWS_LAMBDA_RUNTIME_API=http://127.0.0.1:9000/.rt/email target/lambda/email/bootstrap
"""
INVOKE = "cargo lambda invoke email --invoke-address 127.0.0.1 --data-file events/bank/fixtures/kafka/transaction.completed-seed.json"
# How long anything here may take; all of it together takes some seconds.
LIMIT = 60

# The call that is a function's effect, as `up` shows it: operation, status, what it works on, event id. A function that
# is not listed is invoked too, with a fixture of its first topic.
EFFECTS = {
    "audit": "PutObject 200 tidings-local-audit",
    "email": "SendEmail 200 - {id}",
    "ledger": "PutItem 200 tidings-local-ledger {id}",
    "push": "Publish 200 arn:aws:sns:.* {id}",
    "sms": "Publish 200 - {id}",
    "statement": "PutObject 200 tidings-local-statements.* {id}",
}


class Output:
    """A process's output, read as it comes."""

    def __init__(self, process: subprocess.Popen) -> None:
        self.lines: list[str] = []
        self._arrived: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, args=(process,), daemon=True).start()

    def _read(self, process: subprocess.Popen) -> None:
        for line in process.stdout:
            self._arrived.put(line.rstrip())
        self._arrived.put(None)

    def wait_for(self, pattern: str) -> str:
        """The first line, also of those read already, that the pattern is found in."""
        for line in self.lines:
            if re.search(pattern, line):
                return line
        deadline = time.monotonic() + LIMIT
        while True:
            try:
                line = self._arrived.get(timeout=max(0, deadline - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                sys.exit("\n".join([*self.lines, f"no line with {pattern} came within {LIMIT} s"]))
            self.lines.append(line)
            if re.search(pattern, line):
                return line


def free_port() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])


def wait_until_listening(port: str) -> None:
    deadline = time.monotonic() + LIMIT
    while socket.socket().connect_ex(("127.0.0.1", int(port))) != 0:
        if time.monotonic() > deadline:
            sys.exit(f"cargo lambda watch did not listen on port {port} within {LIMIT} s")
        time.sleep(0.1)


@contextlib.contextmanager
def running(command: str):
    """Runs a command in a process group of its own, and ends all of that."""
    print(f"$ {command.strip()}", flush=True)
    process = subprocess.Popen(
        ["bash", "-euc", command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, start_new_session=True,
    )
    try:
        yield Output(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def first_topic(function: str) -> str:
    template = pathlib.Path("infra/functions.yaml").read_text(encoding="utf-8")
    return re.search(rf"Binary: {function}\n.*?Topics: \[([\w.]+)", template, re.DOTALL)[1]


def event(fixture: str) -> dict:
    return json.loads(pathlib.Path(f"events/bank/fixtures/events/{fixture}.json").read_text(encoding="utf-8"))


def effect(function: str, fixture: str, up: Output) -> str:
    """The line that shows the function's effect for the event, once it is there."""
    return up.wait_for(f"-{function} " + EFFECTS[function].format(id=event(fixture)["event_id"]))


def register_device(endpoint: str, user: str) -> None:
    """Gives a user a phone: only then is there anything for `push` to do."""
    session = botocore.session.Session()
    session.set_credentials("local", "local")
    sns, tables = (
        session.create_client(service, region_name="us-east-1", endpoint_url=endpoint) for service in ("sns", "dynamodb")
    )
    application = sns.create_platform_application(
        Name="tidings", Platform="GCM", Attributes={"PlatformCredential": "local"}
    )["PlatformApplicationArn"]
    device = sns.create_platform_endpoint(PlatformApplicationArn=application, Token="phone")["EndpointArn"]
    item = {"user_id": {"S": user}, "device_id": {"S": "phone"}, "endpoint_arn": {"S": device}}
    tables.put_item(TableName="tidings-local-devices", Item=item)


def invoke(function: str, port: str, up: Output) -> None:
    topic = first_topic(function)
    command = INVOKE.replace("invoke email", f"invoke {function}").replace("transaction.completed-seed", f"{topic}-basic")
    done = subprocess.run(
        f"{command} --invoke-port {port}".split(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT
    )
    if done.returncode != 0 or json.loads(done.stdout) != {"batchItemFailures": []}:
        sys.exit(f"{command} answered {done.stdout} {done.stderr}")
    if function in EFFECTS:
        print(f"{topic}: {effect(function, f'{topic}-basic', up)}", flush=True)
    else:
        print(f"{topic}: {function} answered", flush=True)


def main() -> None:
    port = free_port()
    target = os.environ.get("CARGO_TARGET_DIR", "target")

    def here(command: str) -> str:
        return command.replace(PORT, port).replace("target/", f"{target}/")

    with contextlib.ExitStack() as stack:
        up = stack.enter_context(running(here(UP)))
        broker, aws = (up.wait_for(f"^{what} ").split()[-1] for what in ("Kafka", "AWS, direct"))
        up.wait_for("Ctrl-C")
        register_device(aws, event("transaction.completed-basic")["data"]["from_account"]["user_id"])
        stack.enter_context(running(f"{WATCH} --invoke-port {port}"))
        wait_until_listening(port)
        functions = sorted(path.stem for path in pathlib.Path(".local/environments").glob("*.env"))
        for function in functions:
            stack.enter_context(running(here(BOOTSTRAP).replace("email", function)))
        for function in functions:
            invoke(function, port, up)
        fixture = "user.registered-hindi"
        subprocess.run(
            [
                f"{target}/quick/tidings", "publish", "--bootstrap-servers", broker,
                f"events/bank/fixtures/events/{fixture}.json",
            ],
            check=True, timeout=LIMIT,
        )
        for function in ("email", "sms"):
            print(f"through the mapping: {effect(function, fixture, up)}", flush=True)


if __name__ == "__main__":
    main()
