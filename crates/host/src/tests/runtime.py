"""A Lambda runtime for the host's tests. It does what each event's "do" says; INIT says how initialisation goes."""
import base64
import json
import os
import signal
import socket
import sys
import urllib.error
import urllib.request

BASE = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime"


def post(path, body, headers=None):
    request = urllib.request.Request(BASE + path, data=body, headers=headers or {})
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def gate(port):
    """Sends the test the name of this instance, and waits until the test sends a byte back."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(os.environ["AWS_ACCESS_KEY_ID"].encode() + b"\n")
        connection.recv(1)


def wish(event):
    """The instruction in an event; for a Kafka event, the one in its first record's value."""
    if not isinstance(event, dict):
        return {}
    for records in event.get("records", {}).values():
        return json.loads(base64.b64decode(records[0]["value"]))
    return event


def handle(event, wanted, headers):
    match wanted.get("do"):
        case "facts":
            return {"pid": os.getpid(), "environment": dict(os.environ), "headers": dict(headers.items()), "cwd": os.getcwd()}
        case "error":
            raise ValueError("broken on purpose")
        case "exit":
            os._exit(wanted["status"])
        case "abort":
            os.kill(os.getpid(), signal.SIGABRT)
        case "hang":
            signal.pause()
        case "gate":
            gate(wanted["port"])
            return os.environ["AWS_ACCESS_KEY_ID"]
        case "big":
            return "x" * wanted["length"]
        case "answer":
            return wanted["answer"]
        case "protocol":
            request_id = headers["Lambda-Runtime-Aws-Request-Id"]
            wrong = post("/invocation/not-mine/response", b"1")
            early = None
            try:
                urllib.request.urlopen(BASE + "/invocation/next")
            except urllib.error.HTTPError as error:
                early = error.code
            first = post(f"/invocation/{request_id}/response", json.dumps({"wrong": wrong, "early": early}).encode())
            second = post(f"/invocation/{request_id}/response", b"2")
            late_init = post("/init/error", b"{}")
            print("protocol", json.dumps([first, second, late_init]), flush=True)
            return None
        case _:
            return event


match os.environ.get("INIT"):
    case "error":
        post("/init/error", b'{"errorType":"Runtime.NoHandler","errorMessage":"no such handler"}')
        sys.exit(1)
    case "exit":
        sys.exit(3)
    case "hang":
        signal.pause()
print("initialised", flush=True)
while True:
    with urllib.request.urlopen(BASE + "/invocation/next") as response:
        headers, event = response.headers, json.loads(response.read())
    wanted = wish(event)
    path = "/invocation/" + headers["Lambda-Runtime-Aws-Request-Id"]
    try:
        result = handle(event, wanted, headers)
        if wanted.get("do") != "protocol":
            post(path + "/response", json.dumps(result).encode())
        if wanted.get("then") == "exit":
            os._exit(0)
    except ValueError as error:
        body = json.dumps({"errorType": "ValueError", "errorMessage": str(error)}).encode()
        post(path + "/error", body, {"Lambda-Runtime-Function-Error-Type": "Handler.ValueError"})
