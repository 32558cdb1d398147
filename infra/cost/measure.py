"""Measures invocations and writes the results to infra/cost/measured.toml.

    python3 infra/cost/measure.py

Runs the demo with --keep, which starts every function, fills the ledger and registers devices. Then, with nothing else
going on, publishes events of its customers and reads the functions' logs: duration and memory from Lambda's REPORT
lines, records from the consumer's metrics, and the size of what CloudWatch and S3 would be sent.
"""

import datetime
import json
import os
import pathlib
import platform
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import urllib.request
import uuid
from collections import defaultdict, deque
from concurrent.futures import ThreadPoolExecutor

TIDINGS = "target/quick/tidings"
DEMO = [TIDINGS, "demo", "--logs", "--keep"]
FIXTURES = pathlib.Path("events/bank/fixtures/events")
OUTPUT = pathlib.Path("infra/cost/measured.toml")
# Of each customer. How many devices one has: 0, 1, 2, 0, 1, 2, ... (crates/tidings/src/demo/people.rs)
TRANSFERS, STATEMENTS = 20, 1
CUSTOMERS = range(24)
RECORDS = {
    **dict.fromkeys(("bank-email", "bank-sms", "bank-push", "bank-audit", "bank-ledger"), len(CUSTOMERS) * TRANSFERS),
    "bank-statement": len(CUSTOMERS) * STATEMENTS,
}
# The parts of a line that only the terminal has and no log group gets: the instance's name and the line's end.
LINE = re.compile(r"tidings-local-(?P<function>[a-z-]+)\.(?P<instance>\d+) (?P<text>.*)\n")
REPORT = re.compile(r"REPORT .*\tDuration: (?P<ms>[\d.]+) ms\t.*Max Memory Used: (?P<memory>\d+) MB(?P<rest>.*)")


class Function:
    """The log of one function."""

    def __init__(self):
        self.record_bytes, self.invocation_bytes, self.records, self.invocations = 0, 0, 0, 0
        self.warm, self.memory = [], 0
        # Metrics and REPORT lines of each instance that have no counterpart yet. They come in either order.
        self.received, self.reports = {}, {}

    def read(self, instance, text):
        if text.startswith("START "):
            self.received.setdefault(instance, deque())
            self.reports.setdefault(instance, deque())
        elif instance not in self.received:
            return  # of an invocation that began before
        report = REPORT.match(text)
        if report:
            self.invocations += 1
            self.memory = max(self.memory, int(report["memory"]))
            self.reports[instance].append(report)
        is_metrics = '"_aws":' in text
        if is_metrics:
            self.received[instance].append(json.loads(text)["Received"])
        if report or is_metrics or text.startswith(("START ", "END ")):
            self.invocation_bytes += len(text.encode())
        else:
            self.record_bytes += len(text.encode())
        if self.received[instance] and self.reports[instance]:
            self.settle(self.received[instance].popleft(), self.reports[instance].popleft())

    def settle(self, received, report):
        self.records += received
        if "Init Duration" not in report["rest"]:
            self.warm.append(float(report["ms"]) / received)


def event(fixture, customer):
    """A fixture's event as a new event of one of the demo's customers."""
    event = json.loads((FIXTURES / fixture).read_text(encoding="utf-8"))
    account = event["data"].get("from_account") or event["data"]["account"]
    account |= {"account_id": f"ACC{100100 + 7 * customer}", "user_id": f"USR{100100 + 7 * customer}"}
    account["user_phone"] = "+12025550100"
    event["event_id"] = str(uuid.uuid4())
    if fixture.startswith("statement"):
        today = datetime.date.today()
        event["data"] |= {"start_date": str(today - datetime.timedelta(days=30)), "end_date": str(today)}
    return event


def publish(servers, event):
    subprocess.run([TIDINGS, "publish", "--bootstrap-servers", servers, "-"],
                   input=json.dumps(event).encode(), stdout=subprocess.DEVNULL, check=True)


def publish_all(servers):
    with ThreadPoolExecutor(8) as threads:
        for _ in range(TRANSFERS):
            list(threads.map(lambda it: publish(servers, event("transaction.completed-basic.json", it)), CUSTOMERS))
        for _ in range(STATEMENTS):
            list(threads.map(lambda it: publish(servers, event("statement.requested-basic.json", it)), CUSTOMERS))


def stored(aws, store):
    """The sizes of the objects in one of the demo's buckets."""
    url = f"{aws}/tidings-local-{store}-000000000000?list-type=2&max-keys=1000"
    with urllib.request.urlopen(url) as answer:
        return [int(size) for size in re.findall(rb"<Size>(\d+)</Size>", answer.read())]


def measure(log, servers):
    """Publishes events and reads the log until every function has reported all of its records."""
    functions = defaultdict(Function)
    with ThreadPoolExecutor(1) as threads:
        publishing = threads.submit(publish_all, servers)
        for line in log:
            found = LINE.fullmatch(line)
            if not found or found["function"] not in RECORDS:
                continue
            functions[found["function"]].read(found["instance"], found["text"])
            if all(functions[name].records >= count for name, count in RECORDS.items()):
                break
        publishing.result()
    return functions


def write(functions, load_average, objects):
    """Writes the results. `objects` has the bytes per record of the functions that write objects."""
    lines = [
        "# Written by infra/cost/measure.py.",
        f'date = "{datetime.date.today()}"',
        'command = "python3 infra/cost/measure.py"',
        f'machine = "{platform.machine()}"',
        'build = "quick (not optimised)"',
        "# Of the machine, when it began: above the number of its cores, durations are too long.",
        f'load_average = "{load_average:.1f}"',
        f"cores = {os.cpu_count()}",
    ]
    for name in sorted(functions):
        it = functions[name]
        warm = it.warm or sys.exit(f"{name} had no warm invocation; raise TRANSFERS or STATEMENTS")
        lines += [
            f"\n[functions.{name}]",
            f"records = {it.records}",
            f"invocations = {it.invocations}",
            f'milliseconds_per_record = "{statistics.median(warm):.2f}"',
            f"max_memory_mb = {it.memory}",
            f"log_bytes_per_record = {round(it.record_bytes / it.records)}",
            f"log_bytes_per_invocation = {round(it.invocation_bytes / it.invocations)}",
            f"object_bytes_per_record = {round(objects.get(name, 0))}",
        ]
    OUTPUT.write_text("\n".join(lines) + "\n", encoding="utf-8")


def addresses(output):
    """The AWS endpoint, the broker, and the number of records of bank-audit, which the demo prints after its day."""
    aws, audited = None, 0
    for line in output:
        if found := re.match(r"│ bank-audit +┆ +(\d+) ", line):
            audited = int(found[1])
        if found := re.match(r"AWS, direct\s+(\S+)", line):
            aws = found[1]
        if found := re.search(r"--bootstrap-servers (\S+)", line):
            return aws, found[1], audited
    sys.exit(f"{' '.join(DEMO)} ended early; run it to see why")


def main():
    load_average = os.getloadavg()[0]
    # The log goes through a file: the demo must not wait for this program to read it.
    with tempfile.NamedTemporaryFile("w") as log:
        with subprocess.Popen(DEMO, stdout=subprocess.PIPE, stderr=log, text=True) as demo:
            follow = None
            try:
                aws, servers, audited = addresses(demo.stdout)
                tail = ["tail", "--lines=0", "--follow", log.name]
                follow = subprocess.Popen(tail, stdout=subprocess.PIPE, text=True)
                # The demo's events differ more than what follows, and compress less.
                objects = {"bank-audit": sum(stored(aws, "audit")) / audited}
                functions = measure(follow.stdout, servers)
                objects["bank-statement"] = statistics.mean(stored(aws, "statements"))
            finally:
                if follow:
                    follow.terminate()
                demo.send_signal(signal.SIGINT)
    write(functions, load_average, objects)


if __name__ == "__main__":
    main()
