"""Fails if the commands in a runbook cannot be run unchanged.

Every block of shell commands is run in order, with a stand-in for `aws` that only records its arguments. Then the AWS
CLI checks these: service, operation, options, the form of values, queries. The templates must create the names in them,
and scripts and files must exist. The commands' effects are not tested here. scripts/deploy_locally.py follows some of
the documents on the AWS emulator.
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

import templates
from deploy_tree import TOOLS, make_tools
from markdown import shell_blocks

DOCUMENTS = ["docs/deploying.md", *sorted(str(path) for path in pathlib.Path("docs/runbooks").glob("*.md"))]
# The tools that runbooks may use besides aws, git and scripts.
TOOLBOX = "base64 bash cat date dirname grep jq mktemp rm sed sort uniq".split()
# As long as the longest id in a command's output.
ANSWER = "00000000-0000-0000-0000-000000000000"
LETTER = {"eventId": "EVT-1", "source": "bill.paid-0", "record": {"topic": "bill.paid", "partition": 0, "offset": 1}}
LETTER["storedIn"] = {"bucket": f"tidings-test-dead-letters-{ANSWER}", "key": "dead-letters/bank-email/bill.paid-0/0.json"}
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
    """SQS's answer with one message."""
    return json.dumps({"Messages": [{"Body": json.dumps(body), "ReceiptHandle": ANSWER}]})


# Answers that a document uses in later commands.
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
# Records its arguments, with the contents of the files that they name.
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
    """The part of the repository that documents use: scripts that do nothing, stages and fixtures. Also a message that
    one document leaves for another."""
    tree = root / "tree"
    shutil.copytree("infra/stages", tree / "infra/stages")
    for fixtures in pathlib.Path("events").glob("*/fixtures/kafka"):
        shutil.copytree(fixtures, tree / fixtures)
    (tree / "message.json").write_text(message(GIVEN_UP), encoding="utf-8")
    (tree / "scripts").mkdir()
    for path in pathlib.Path("scripts").iterdir():
        if path.is_file() and os.access(path, os.X_OK):
            write_executable(tree / "scripts" / path.name, "#!/bin/sh\n")
    return tree


def run_blocks(document: str, root: pathlib.Path) -> tuple[list[list[str]], str | None]:
    """The arguments of each aws command in the document's blocks, and the error, if any."""
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
    """The errors of the AWS CLI."""
    lines = "".join(json.dumps(call) + "\n" for call in calls)
    judged = subprocess.run(
        [TOOLS / "bin/python", "scripts/aws_arguments.py"], input=lines, text=True, check=True, stdout=subprocess.PIPE
    )
    return judged.stdout.splitlines()


def read_templates() -> dict[str, dict]:
    return {stack: templates.expanded(templates.read(templates.path(stack))) for stack in templates.stacks()}


def names_created(stacks: dict[str, dict]) -> set[str]:
    """Every name that the templates and scripts/deploy create, with STAGE in place of the stage."""
    text = json.dumps(stacks).replace("${Stage}", "STAGE").replace("${AWS::AccountId}", ANSWER)
    return {*(f"tidings-STAGE-{stack}" for stack in stacks), *re.findall(r"[\w/-]*tidings-STAGE[\w-]*", text)}


def unknown_names(call: list[str], created: set[str]) -> list[str]:
    """Names in a command that do not exist. A name that ends with a hyphen is the beginning of several. Consumer groups
    for reading again are made by the runbooks."""
    arguments = re.sub(r"tidings-test2?\b", "tidings-STAGE", re.sub(r"-again-\d+", "", " ".join(call)))
    used = re.findall(r"(?:/aws/\w+/|alias/)?tidings-STAGE[\w-]*", arguments)
    return [
        name for name in used
        if name not in created and not (name.endswith("-") and any(known.startswith(name) for known in created))
    ]


def faults(document: str, created: set[str]) -> tuple[int, list[str]]:
    """The number of aws commands in a document, and what is wrong with it."""
    text = pathlib.Path(document).read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^):#]+)\)", text)
    found = [f"no such file: {link}" for link in links if not (pathlib.Path(document).parent / link).exists()]
    with tempfile.TemporaryDirectory(prefix="tidings-runbook-") as folder:
        calls, failure = run_blocks(document, pathlib.Path(folder))
    found += [f"no such name: {name}" for call in calls for name in unknown_names(call, created)]
    found += [*judge(calls), *filter(None, [failure])]
    return len(calls), [f"{document}: {fault}" for fault in found]


def faults_of_templates(stacks: dict[str, dict]) -> list[str]:
    """Alarms without a runbook, or with one that does not exist."""
    named = sorted(set(re.findall(r"docs/[\w/-]+\.md", json.dumps(stacks))))
    found = [f"the templates name {name}, which does not exist" for name in named if not pathlib.Path(name).exists()]
    resources = [named for template in stacks.values() for named in template["Resources"].items()]
    alarms = {name: it["Properties"] for name, it in resources if it["Type"] == "AWS::CloudWatch::Alarm"}
    return found + [
        f"the alarm {name} names no runbook"
        for name, alarm in alarms.items() if "docs/runbooks/" not in alarm["AlarmDescription"]
    ]


def main() -> None:
    make_tools()
    stacks = read_templates()
    created, commands, wrong = names_created(stacks), 0, faults_of_templates(stacks)
    for document in DOCUMENTS:
        count, found = faults(document, created)
        commands += count
        wrong += found
    print(f"{commands} aws commands in {len(DOCUMENTS)} documents, {len(wrong)} faults")
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
