"""Deploys a stage to the AWS emulator with scripts/deploy, invokes each function there, and removes it.

What the emulator cannot create is taken out of a copy of the templates and listed. It creates the mappings, but polls no
Kafka for them, so the functions are invoked with fixtures. They are the quick binaries, built for this machine.
"""

import json
import pathlib
import re
import sys
import tempfile

import botocore.session

import emulator
from deploy_tree import ACCOUNT, COMMIT, REGION, STAGE, Tree, make_tools
from markdown import shell_blocks
from reduced import read_template, reduce

# What shows that the function had its effect for the fixture's event; looked for in what `effects` collects.
EFFECTS = {
    "audit": "s3://tidings-test-audit-{account}/audit/{topic}/",
    "email": "mail to john@example.com: Transaction Successful",
    "ledger": "ledger {id}",
    "push": "fact push#{id} done",
    "sms": "sms {id}",
    # It publishes too, and no broker is there: the statement is stored, and the record ends in the queue.
    "statement": "s3://tidings-test-statements-{account}/statements/",
}
SENDER = "no-reply@test.bank.example"


def client(endpoint: str, service: str):
    session = botocore.session.Session()
    session.set_credentials("test", "test")
    return session.create_client(service, region_name=REGION, endpoint_url=endpoint)


def make_cluster(endpoint: str) -> str:
    """A cluster as the emulator knows one: a name, and brokers that nobody listens on."""
    nodes = {"InstanceType": "kafka.m7g.large", "ClientSubnets": ["a", "b", "c"]}
    made = client(endpoint, "kafka").create_cluster(
        ClusterName="tidings-test", KafkaVersion="3.8.x", NumberOfBrokerNodes=3, BrokerNodeGroupInfo=nodes
    )
    return made["ClusterArn"]


def reduce_templates(tree: Tree, cluster: str) -> None:
    for name in ("infra/platform.yaml", "infra/functions.yaml"):
        path = tree.root / name
        template = read_template(path.read_text(encoding="utf-8"))
        lines = reduce(template, {"AWS::MSK::Cluster": cluster})
        path.write_text(json.dumps(template, indent=1), encoding="utf-8")
        print("\n".join([f"taken out of {name}:", *(f"  {line}" for line in lines)]), flush=True)


# Commands of scripts/deploy and the runbooks that the emulator does not know.
LEFT_OUT = ("logs associate-kms-key", "sns set-sms-attributes", "sesv2 put-account-sending-attributes")


def leave_out_commands(tree: Tree) -> None:
    """Puts a script before the AWS CLI that does not call what the emulator does not know."""
    cli = (tree.bin / "aws").readlink()
    (tree.bin / "aws").unlink()
    cases = " ".join(f'"{command}") exit;;' for command in LEFT_OUT)
    tree.write_tool("aws", f'case "$1 $2" in {cases} esac; exec {cli} "$@"')
    print("\n".join(["left out, because not emulated:", *(f"  aws {command}" for command in LEFT_OUT)]), flush=True)


def run(tree: Tree, endpoint: str, command: str, *says: str, status: int = 0) -> str:
    """Runs a command, fails unless it ends with this status and says all this, and gives what it said."""
    print("\n".join(f"$ {line}" for line in command.splitlines()), flush=True)
    done = tree.run("bash", "-euo", "pipefail", "-c", command, AWS_ENDPOINT_URL=endpoint, AWS_DEFAULT_REGION=REGION)
    missing = [pattern for pattern in says if not re.search(pattern, done.stdout)]
    if done.returncode != status or missing:
        sys.exit(f"{done.stdout}\n{command} ended with status {done.returncode}, and does not say: {missing}")
    return done.stdout


def follow(tree: Tree, endpoint: str, document: str, *says: str) -> str:
    """Runs a document's blocks, one after the other."""
    blocks = shell_blocks((tree.root / document).read_text(encoding="utf-8"))
    print(f"following {document}", flush=True)
    return run(tree, endpoint, "\n".join(blocks), *says)


def first_topic(function: str) -> str:
    template = pathlib.Path("infra/functions.yaml").read_text(encoding="utf-8")
    return re.search(rf"Binary: {function}\n.*?Topics: \[([\w.]+)", template, re.DOTALL)[1]


def event(topic: str) -> dict:
    return json.loads(pathlib.Path(f"events/bank/fixtures/events/{topic}-basic.json").read_text(encoding="utf-8"))


def effects(endpoint: str) -> str:
    """What is in the mailbox, the phones, the buckets and the tables, one a line."""
    mails = emulator.get(f"{endpoint}/_ministack/ses/messages?region={REGION}")["messages"]
    texts = emulator.get(f"{endpoint}/_ministack/sns/sms-messages?region={REGION}")["sms_messages"]
    lines = [f"mail to {to}: {mail['Subject']}" for messages in mails.values() for mail in messages for to in mail["To"]]
    lines += [f"sms {sms['MessageAttributes']['event_id']['StringValue']}" for sent in texts.values() for sms in sent]
    s3, tables = client(endpoint, "s3"), client(endpoint, "dynamodb")
    for bucket in ("audit", "statements"):
        name = f"tidings-test-{bucket}-{ACCOUNT}"
        lines += [f"s3://{name}/{found['Key']}" for found in s3.list_objects_v2(Bucket=name).get("Contents", [])]
    lines += [f"ledger {item['event_id']['S']}" for item in tables.scan(TableName="tidings-test-ledger")["Items"]]
    facts = tables.scan(TableName="tidings-test-idempotency")["Items"]
    lines += [f"fact {item['id']['S']} {item['state']['S']}" for item in facts]
    return "\n".join(lines)


def expect(endpoint: str, wanted: str) -> None:
    found = effects(endpoint)
    if wanted not in found:
        sys.exit(f"nothing begins with {wanted} in\n{found}")
    print(f"seen: {wanted}", flush=True)


def invoke_with(tree: Tree, endpoint: str, function: str, topic: str) -> None:
    """Invokes a function with a fixture; it has to settle the record."""
    payload = f"--payload fileb://events/bank/fixtures/kafka/{topic}-basic.json"
    command = f"aws lambda invoke --function-name tidings-test-{function} {payload} answer.json\ncat answer.json"
    run(tree, endpoint, command, r'\{"batchItemFailures": ?\[\]\}')


def invoke(tree: Tree, endpoint: str, function: str) -> None:
    topic = first_topic(function)
    invoke_with(tree, endpoint, function, topic)
    wanted = EFFECTS.get(function, "fact {function}#{id} done")
    expect(endpoint, wanted.format(function=function, id=event(topic)["event_id"], topic=topic, account=ACCOUNT))


def redrive(tree: Tree, endpoint: str) -> None:
    """Lets a record become a dead letter, fixes the cause, and follows the runbook."""
    topic = "user.registered"
    invoke_with(tree, endpoint, "email", topic)
    lost = f"email#{event(topic)['event_id']}"
    expect(endpoint, f"fact {lost} dead-lettered")
    client(endpoint, "sesv2").create_email_identity(EmailIdentity=SENDER)
    follow(tree, endpoint, "docs/runbooks/dead-letters.md", "MessageRejected", "(?m)^done$")
    expect(endpoint, f"fact {lost} done")
    expect(endpoint, f"mail to {event(topic)['data']['user_email']}: ")
    sqs = client(endpoint, "sqs")
    queue = sqs.get_queue_url(QueueName="tidings-test-email-dead-letters")["QueueUrl"]
    counts = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    if any(counts[name] != "0" for name in ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")):
        sys.exit(f"the redriven dead letter is still in {queue}")


def destroy(tree: Tree, endpoint: str) -> None:
    """Removes the stage, which must keep its data, and tries what is refused before and after."""
    before = effects(endpoint)
    run(tree, endpoint, "./scripts/destroy test --yes", "statement-dead-letters holds 1 dead letters", status=2)
    queue = client(endpoint, "sqs").get_queue_url(QueueName="tidings-test-statement-dead-letters")["QueueUrl"]
    run(tree, endpoint, f"aws sqs purge-queue --queue-url {queue}")
    run(tree, endpoint, "echo prod | ./scripts/destroy test", "that was not its name", status=2)
    kept = ("AWS::DynamoDB::Table\ttidings-test-ledger", f"AWS::S3::Bucket\ttidings-test-audit-{ACCOUNT}")
    run(tree, endpoint, "echo test | ./scripts/destroy test", *kept, "stage test is removed")
    run(tree, endpoint, "./scripts/destroy test --yes", "there is no stack tidings-test-functions", "is removed")
    if effects(endpoint) != before:
        sys.exit(f"destroying the stage changed its data from\n{before}\nto\n{effects(endpoint)}")
    run(tree, endpoint, "./scripts/deploy test", "was destroyed and its data kept", status=2)


def main() -> None:
    make_tools()
    functions = re.findall(r"Binary: ([\w-]+)", pathlib.Path("infra/functions.yaml").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(prefix="tidings-deploy-") as name, emulator.running(pathlib.Path(name)) as endpoint:
        tree = Tree(pathlib.Path(name) / "tree")
        for function in functions:
            tree.add_binary(function)
        reduce_templates(tree, make_cluster(endpoint))
        leave_out_commands(tree)
        run(tree, endpoint, "./scripts/deploy test", "stage test is deployed")
        settings = "lambda get-function-configuration --function-name tidings-test-sms --query Environment.Variables"
        run(tree, endpoint, f"aws {settings}", '"SENDER_NAME": "Test Bank"')
        protected = "dynamodb describe-table --table-name tidings-test-ledger --query Table.DeletionProtectionEnabled"
        run(tree, endpoint, f"aws {protected}", "true")
        redrive(tree, endpoint)
        for function in functions:
            invoke(tree, endpoint, function)
        follow(tree, endpoint, "docs/runbooks/lag.md", "Enabled")
        follow(tree, endpoint, "docs/runbooks/ses-pause.md", "(?s)Disabled.*Enabled")
        # It deploys once more, and nothing has changed; the record that it tries was handled before.
        changed_nothing = "No changes to.*No changes to.*stage test is deployed"
        says = f"(?s)Disabled.*deployed before: {COMMIT}.*{changed_nothing}.*\ndone\n.*Enabled"
        follow(tree, endpoint, "docs/runbooks/upgrade-function.md", says)
        destroy(tree, endpoint)


if __name__ == "__main__":
    main()
