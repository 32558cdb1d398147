"""Fails for a runbook whose commands could not be run as they stand.

Every block of shell commands is run in order, with a stand-in for `aws` that only notes its arguments. Then the AWS CLI
judges these: service, operation, options, the form of values, queries. Names in them must be ones that the templates
create, scripts and files ones that exist. What the commands do is not tested here: scripts/deploy_locally.py follows on
the AWS emulator the documents that it can take.
"""

import base64
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from deploy_tree import TOOLS, make_tools
from markdown import shell_blocks
from reduced import read_template

DOCUMENTS = ["docs/deploying.md", *sorted(str(path) for path in pathlib.Path("docs/runbooks").glob("*.md"))]
TEMPLATES = ("infra/platform.yaml", "infra/functions.yaml")
# What runbooks may call besides aws, git and scripts.
TOOLBOX = "base64 bash cat date dirname grep jq mktemp rm sed sort uniq".split()
# As long as the longest id that a command's answer stands for.
ANSWER = "00000000-0000-0000-0000-000000000000"
LETTER = {"eventId": "EVT-1", "source": "bill.paid-0", "record": {"topic": "bill.paid", "partition": 0, "offset": 1}}
LETTER["storedIn"] = {"bucket": f"tidings-test-dead-letters-{ANSWER}", "key": "dead-letters/email/bill.paid-0/0.json"}
LOGGED = {"level": "WARN", "message": "dead letter", "error.type": "MessageRejected", "span": LETTER["record"]}
GIVEN_UP = {
    "requestContext": {"condition": "RetryAttemptsExhausted"},
    "KafkaBatchInfo": {
        "recordsInfo": {
            "bill.paid-0": {
                "firstRecordOffset": "1", "lastRecordOffset": "2", "firstRecordTimestamp": "2026-01-01T00:00:00.000Z",
            }
        }
    },
}
ENDPOINT = "arn:aws:sns:eu-central-1:111122223333:endpoint/GCM/tidings/0"
DEVICE = {"user_id": {"S": "USR-1"}, "device_id": {"S": "D-1"}, "endpoint_arn": {"S": ENDPOINT}}
MAPPING = {"EventSourceArn": "arn:aws:kafka:eu-central-1:111122223333:cluster/tidings-test/0", "Topics": ["bill.paid"]}


def message(body: dict) -> str:
    """What SQS answers with one message."""
    return json.dumps({"Messages": [{"Body": json.dumps(body), "ReceiptHandle": ANSWER}]})


# Answers that a document goes on with.
ANSWERS = {
    "athena get-query-results": json.dumps([json.dumps(LETTER["record"])]),
    "cloudwatch get-metric-statistics": "None",
    "dynamodb scan": json.dumps({"Items": [DEVICE]}),
    "kafka describe-cluster-v2": "250",
    "kafka describe-topic": base64.b64encode(b"retention.ms=604800000").decode(),
    "kafka list-nodes": "1.0",
    "lambda get-event-source-mapping": json.dumps(MAPPING),
    "logs filter-log-events": json.dumps([json.dumps(LOGGED)]),
    "sns get-sms-attributes": "100",
    "sqs receive-message": message(LETTER),
}
# Notes its arguments, with what is in files that they name.
AWS = """\
import json, re, sys
arguments = [open(re.sub("^fileb?://", "", it)).read() if re.match("fileb?://", it) else it for it in sys.argv[1:]]
with open(NOTED, "a") as noted:
    print(json.dumps(arguments), file=noted)
if arguments[:2] == ["lambda", "invoke"]:
    open(arguments[-1], "w").close()
print(ANSWERS.get(" ".join(arguments[:2]), ANSWER))
"""


def make_tools_of(root: pathlib.Path) -> pathlib.Path:
    """A folder for PATH with stand-ins for aws and git."""
    tools = root / "bin"
    tools.mkdir()
    for name in TOOLBOX:
        (tools / name).symlink_to(shutil.which(name))
    constants = f"NOTED, ANSWER, ANSWERS = {str(root / 'noted')!r}, {ANSWER!r}, {ANSWERS!r}\n"
    write_executable(tools / "aws", f"#!{sys.executable}\n{constants}{AWS}")
    write_executable(tools / "git", "#!/bin/sh\n")
    return tools


def write_executable(path: pathlib.Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def make_tree(root: pathlib.Path) -> pathlib.Path:
    """What documents find in the repository: scripts that do nothing, stages, templates and fixtures. And a message that
    one document leaves to another."""
    tree = root / "tree"
    shutil.copytree("infra/stages", tree / "infra/stages")
    shutil.copytree("events/bank/fixtures/kafka", tree / "events/bank/fixtures/kafka")
    for path in pathlib.Path("infra").glob("platform*"):
        shutil.copy(path, tree / "infra")
    (tree / "message.json").write_text(message(GIVEN_UP), encoding="utf-8")
    (tree / "scripts").mkdir()
    for path in pathlib.Path("scripts").iterdir():
        if path.is_file() and os.access(path, os.X_OK):
            write_executable(tree / "scripts" / path.name, "#!/bin/sh\n")
    return tree


def run_blocks(document: str, root: pathlib.Path) -> tuple[list[list[str]], str | None]:
    """The arguments of each aws command that the document's blocks came to, and what went wrong."""
    noted = root / "noted"
    noted.touch()
    blocks = shell_blocks(pathlib.Path(document).read_text(encoding="utf-8"))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(blocks)], cwd=make_tree(root), stdin=subprocess.DEVNULL, text=True,
        env={"PATH": str(make_tools_of(root)), "TMPDIR": str(root), "AWS_REGION": "eu-central-1"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )
    calls = [json.loads(line) for line in noted.read_text(encoding="utf-8").splitlines()]
    return calls, None if done.returncode == 0 else done.stdout.strip().splitlines()[-1]


def judge(calls: list[list[str]]) -> list[str]:
    """What the AWS CLI would not take."""
    lines = "".join(json.dumps(call) + "\n" for call in calls)
    judged = subprocess.run(
        [TOOLS / "bin/python", "scripts/aws_arguments.py"], input=lines, text=True, check=True, stdout=subprocess.PIPE
    )
    return judged.stdout.splitlines()


def names_created() -> set[str]:
    """Every name that the templates and scripts/deploy give, with STAGE where the stage stands."""
    templates = json.dumps([read_template(pathlib.Path(path).read_text(encoding="utf-8")) for path in TEMPLATES])
    templates = templates.replace("${Stage}", "STAGE").replace("${AWS::AccountId}", ANSWER)
    names = re.findall(r"[\w/-]*tidings-STAGE[\w-]*", templates)
    return {"tidings-STAGE-platform", "tidings-STAGE-functions", *names}


def unknown_names(call: list[str], created: set[str]) -> list[str]:
    """Names in a command that nothing has. One that ends with a hyphen is the beginning of many; a consumer group that
    reads again is a runbook's own."""
    arguments = re.sub(r"tidings-test2?\b", "tidings-STAGE", re.sub(r"-again-\d+", "", " ".join(call)))
    used = re.findall(r"(?:/aws/\w+/|alias/)?tidings-STAGE[\w-]*", arguments)
    return [
        name for name in used
        if name not in created and not (name.endswith("-") and any(known.startswith(name) for known in created))
    ]


def faults(document: str, created: set[str]) -> tuple[int, list[str]]:
    """How many aws commands a document has, and what is wrong with it."""
    text = pathlib.Path(document).read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^):#]+)\)", text)
    found = [f"no such file: {link}" for link in links if not (pathlib.Path(document).parent / link).exists()]
    with tempfile.TemporaryDirectory(prefix="tidings-runbook-") as folder:
        calls, failure = run_blocks(document, pathlib.Path(folder))
    found += [f"no such name: {name}" for call in calls for name in unknown_names(call, created)]
    found += [*judge(calls), *filter(None, [failure])]
    return len(calls), [f"{document}: {fault}" for fault in found]


def faults_of_templates() -> list[str]:
    """Alarms that lead to no document, or to one that is not there."""
    texts = "".join(pathlib.Path(path).read_text(encoding="utf-8") for path in TEMPLATES)
    named = sorted(set(re.findall(r"docs/[\w/-]+\.md", texts)))
    found = [f"the templates name {name}, which does not exist" for name in named if not pathlib.Path(name).exists()]
    alarms = re.findall(r"AlarmDescription: (.*)", texts)
    return found + [f"the alarm names no runbook: {alarm}" for alarm in alarms if "docs/runbooks/" not in alarm]


def main() -> None:
    make_tools()
    created, commands, wrong = names_created(), 0, faults_of_templates()
    for document in DOCUMENTS:
        count, found = faults(document, created)
        commands += count
        wrong += found
    print(f"{commands} aws commands in {len(DOCUMENTS)} documents, {len(wrong)} faults")
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
