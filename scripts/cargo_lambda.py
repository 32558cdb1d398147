"""Runs the functions under cargo-lambda, as the README describes, and checks their effects.

Every function's bootstrap is invoked with a fixture. Then an event goes through the event source mapping into
`cargo lambda watch`. The commands are the same as in the README, except that they use a free port.
"""

import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time

import botocore.session

from functions import Fixture, Function, fixture, functions
from output import LIMIT, Output

PORT = "9000"
UP = "target/quick/tidings up --invoke http://127.0.0.1:9000 --environments .local/environments"
WATCH = "cargo lambda watch --only-lambda-apis --invoke-address 127.0.0.1"
BOOTSTRAP = """\
set -a; . .local/environments/bank-email.env
AWS_LAMBDA_RUNTIME_API=http://127.0.0.1:9000/.rt/bank-email target/lambda/bank-email/bootstrap
"""
INVOKE = "cargo lambda invoke bank-email --invoke-address 127.0.0.1 --data-file events/bank/fixtures/kafka/transaction.completed-seed.json"
# The event that goes through the mapping.
PUBLISHED = "events/bank/fixtures/events/user.registered-hindi.json"


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
    """Runs a command in a new process group and stops the whole group at the end."""
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


def expect_effects(function: Function, event: dict, up: Output) -> None:
    """Waits until `up` shows the calls of the function's effects: function, operation, status, resource, event."""
    name = function.deployed_as.replace("${Stage}", "local")
    for effect in function.effects:
        # Publishing is not an AWS call.
        if effect.operation:
            # Of an object, `up` shows the bucket. An object for many records has no event id.
            resource = "" if effect.operation == "PutObject" else effect.resource
            event_id = "-" if effect.per == "record" else event["event_id"]
            line = up.wait_for(rf"^{name} {effect.operation} 200 \S*{re.escape(resource)}\S* {event_id}$")
            print(f"{effect.name}: {line}", flush=True)


def register_devices(endpoint: str, users: set[str]) -> None:
    """Gives each user a phone, because without one there is no effect per device."""
    session = botocore.session.Session()
    session.set_credentials("local", "local")
    sns, tables = (
        session.create_client(service, region_name="us-east-1", endpoint_url=endpoint) for service in ("sns", "dynamodb")
    )
    application = sns.create_platform_application(
        Name="tidings", Platform="GCM", Attributes={"PlatformCredential": "local"}
    )["PlatformApplicationArn"]
    for user in users:
        device = sns.create_platform_endpoint(PlatformApplicationArn=application, Token=user)["EndpointArn"]
        item = {"user_id": {"S": user}, "device_id": {"S": "phone"}, "endpoint_arn": {"S": device}}
        tables.put_item(TableName="tidings-local-devices", Item=item)


def invoke(function: Function, given: Fixture, port: str) -> None:
    command = f"{INVOKE.partition(' events/')[0]} {given.path}".replace("bank-email", function.binary)
    done = subprocess.run(
        f"{command} --invoke-port {port}".split(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT
    )
    if done.returncode != 0 or json.loads(done.stdout) != {"batchItemFailures": []}:
        sys.exit(f"{command} answered {done.stdout} {done.stderr}")


def main() -> None:
    port = free_port()
    target = os.environ.get("CARGO_TARGET_DIR", "target")

    def here(command: str) -> str:
        return command.replace(PORT, port).replace("target/", f"{target}/")

    with contextlib.ExitStack() as stack:
        up = stack.enter_context(running(here(UP)))
        broker, aws = (up.wait_for(f"^{what} ").split()[-1] for what in ("Kafka", "AWS, direct"))
        up.wait_for("Ctrl-C")
        fixtures = [(function, fixture(function, function.topics[0])) for function in functions()]
        register_devices(aws, {user for _, given in fixtures for user in given.users})
        stack.enter_context(running(f"{WATCH} --invoke-port {port}"))
        wait_until_listening(port)
        for function, _ in fixtures:
            stack.enter_context(running(here(BOOTSTRAP).replace("bank-email", function.binary)))
        for function, given in fixtures:
            invoke(function, given, port)
            expect_effects(function, given.event, up)
        subprocess.run(
            [f"{target}/quick/tidings", "publish", "--bootstrap-servers", broker, PUBLISHED], check=True, timeout=LIMIT
        )
        event = json.loads(pathlib.Path(PUBLISHED).read_text(encoding="utf-8"))
        for function, _ in fixtures:
            if event["event_type"] in function.topics:
                print(f"{event['event_type']} through the mapping to {function.binary}:", flush=True)
                expect_effects(function, event, up)


if __name__ == "__main__":
    main()
