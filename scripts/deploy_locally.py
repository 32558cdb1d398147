"""Deploys a stage to the AWS emulator with scripts/deploy, invokes each function there, and removes it.

Resources that the emulator cannot create are removed from a copy of the templates and listed. The emulator creates the
mappings but does not poll Kafka for them, so the functions are invoked with fixtures. They are the quick binaries, built
for this machine.
"""

import json
import pathlib
import re
import sys
import tempfile
import tomllib

import botocore.session

import emulator
import templates
from deploy_tree import ACCOUNT, COMMIT, REGION, STAGE, Tree, make_tools
from functions import Fixture, Function, fixture, functions
from markdown import shell_blocks
from reduced import reduce


def client(endpoint: str, service: str):
    session = botocore.session.Session()
    session.set_credentials("test", "test")
    return session.create_client(service, region_name=REGION, endpoint_url=endpoint)


def make_cluster(endpoint: str) -> str:
    """Creates a cluster in the emulator: only a name and addresses of brokers, on which nothing listens."""
    nodes = {"InstanceType": "kafka.m7g.large", "ClientSubnets": ["a", "b", "c"]}
    made = client(endpoint, "kafka").create_cluster(
        ClusterName="tidings-test", KafkaVersion="3.8.x", NumberOfBrokerNodes=3, BrokerNodeGroupInfo=nodes
    )
    return made["ClusterArn"]


def reduce_templates(tree: Tree, cluster: str) -> None:
    stand_ins = {"AWS::MSK::Cluster": cluster, "AWS::MSK::Topic": cluster.replace(":cluster/", ":topic/") + "/taken-out"}
    for stack in templates.stacks():
        template = templates.read(templates.path(stack))
        lines = reduce(template, stand_ins)
        (tree.root / templates.path(stack)).write_text(json.dumps(template, indent=1), encoding="utf-8")
        print("\n".join([f"removed from {templates.path(stack)}:", *(f"  {line}" for line in lines)]), flush=True)


# Commands of scripts/deploy and the runbooks that the emulator does not support.
LEFT_OUT = ("logs associate-kms-key", "sns set-sms-attributes", "sesv2 put-account-sending-attributes")


def leave_out_commands(tree: Tree) -> None:
    """Puts a script in front of the AWS CLI that skips the commands that the emulator does not support."""
    cli = (tree.bin / "aws").readlink()
    (tree.bin / "aws").unlink()
    cases = " ".join(f'"{command}") exit;;' for command in LEFT_OUT)
    tree.write_tool("aws", f'case "$1 $2" in {cases} esac; exec {cli} "$@"')
    print("\n".join(["skipped, because they are not emulated:", *(f"  aws {command}" for command in LEFT_OUT)]), flush=True)


def run(tree: Tree, endpoint: str, command: str, *says: str, status: int = 0) -> str:
    """Runs a command and returns its output. Fails unless the command ends with this status and prints all of this."""
    print("\n".join(f"$ {line}" for line in command.splitlines()), flush=True)
    done = tree.run("bash", "-euo", "pipefail", "-c", command, AWS_ENDPOINT_URL=endpoint, AWS_DEFAULT_REGION=REGION)
    missing = [pattern for pattern in says if not re.search(pattern, done.stdout)]
    if done.returncode != status or missing:
        sys.exit(f"{done.stdout}\n{command} ended with status {done.returncode} and did not print: {missing}")
    return done.stdout


def follow(tree: Tree, endpoint: str, document: str, *says: str) -> str:
    """Runs the blocks of a document one after the other."""
    blocks = shell_blocks((tree.root / document).read_text(encoding="utf-8"))
    print(f"following {document}", flush=True)
    return run(tree, endpoint, "\n".join(blocks), *says)


def mails(endpoint: str) -> list[str]:
    sent = emulator.get(f"{endpoint}/_ministack/ses/messages?region={REGION}")["messages"]
    return [json.dumps(mail, sort_keys=True) for messages in sent.values() for mail in messages]


def texts(endpoint: str) -> list[str]:
    sent = emulator.get(f"{endpoint}/_ministack/sns/sms-messages?region={REGION}")["sms_messages"]
    return [json.dumps(sms, sort_keys=True) for messages in sent.values() for sms in messages]


def objects(endpoint: str) -> list[str]:
    s3 = client(endpoint, "s3")
    buckets = [it["Name"] for it in s3.list_buckets()["Buckets"] if it["Name"].startswith("tidings-test-")]
    return [f"{name}/{it['Key']}" for name in buckets for it in s3.list_objects_v2(Bucket=name).get("Contents", [])]


def items(endpoint: str) -> list[str]:
    """The items of all tables except the consumer's."""
    tables = client(endpoint, "dynamodb")
    names = set(tables.list_tables()["TableNames"]) - {"tidings-test-idempotency"}
    found = [(name, item) for name in sorted(names) for item in tables.scan(TableName=name)["Items"]]
    return [f"{name} {json.dumps(item, sort_keys=True)}" for name, item in found]


def facts(endpoint: str) -> list[str]:
    """The consumer's claims and facts."""
    found = client(endpoint, "dynamodb").scan(TableName="tidings-test-idempotency")["Items"]
    return [f"{item['id']['S']} {item['state']['S']}" for item in found]


# How to list an operation's results in the emulator, one per line.
SHOWN = {"SendEmail": mails, "Publish": texts, "PutObject": objects, "PutItem": items}


def shown(endpoint: str) -> dict[str, list[str]]:
    return {operation: list_all(endpoint) for operation, list_all in SHOWN.items()}


def expect_effects(function: Function, before: dict[str, list[str]], after: dict[str, list[str]]) -> None:
    for effect in function.effects:
        # The emulator keeps no pushes, and nothing listens on the brokers. Only the stored fact can be checked.
        if effect.per == "device" or effect.publishes:
            continue
        if effect.operation not in SHOWN:
            sys.exit(f"add {effect.operation}, an effect of {function.binary}, to SHOWN in {__file__}, with a list of its results")
        new = [it for it in after[effect.operation] if it not in before[effect.operation] and effect.resource in it]
        if len(new) != 1:
            sys.exit(f"expected one more {effect.name} of {function.binary}, but these are new: {new}")
        print(f"seen: {effect.name} of {function.binary}", flush=True)


def expect_fact(endpoint: str, wanted: str) -> None:
    if wanted not in (found := facts(endpoint)):
        sys.exit(f"expected the consumer's table to contain {wanted}, but it has {found}")


def invoke_with(tree: Tree, endpoint: str, function: Function, given: Fixture) -> None:
    """Invokes a function with a fixture and checks that it settles the record."""
    name = function.deployed_as.replace("${Stage}", "test")
    command = f"aws lambda invoke --function-name {name} --payload fileb://{given.path} answer.json\ncat answer.json"
    run(tree, endpoint, command, r'\{"batchItemFailures": ?\[\]\}')


def invoke(tree: Tree, endpoint: str, function: Function) -> None:
    given, before = fixture(function, function.topics[0]), shown(endpoint)
    invoke_with(tree, endpoint, function, given)
    expect_effects(function, before, shown(endpoint))
    if any(effect.per != "record" for effect in function.effects):
        # Nothing listens on the brokers, so a record whose event cannot be published becomes a dead letter.
        state = "dead-lettered" if any(effect.publishes for effect in function.effects) else "done"
        expect_fact(endpoint, f"{function.binary}#{given.event['event_id']} {state}")


def verify_senders(endpoint: str) -> None:
    """Verifies each sender address in SES, which a person does once."""
    functions = client(endpoint, "lambda").list_functions()["Functions"]
    for sender in {function["Environment"]["Variables"].get("EMAIL_FROM") for function in functions} - {None}:
        client(endpoint, "sesv2").create_email_identity(EmailIdentity=sender)


def redrive(tree: Tree, endpoint: str) -> None:
    """Makes a record a dead letter by an unverified sender, verifies the sender, and follows the runbook."""
    runbook = "docs/runbooks/dead-letters.md"
    name = re.search(r"function=(\S+)", pathlib.Path(runbook).read_text(encoding="utf-8"))[1]
    [function] = [function for function in functions() if function.binary == name]
    # Not the first topic, which the later invocation uses.
    given, before = fixture(function, function.topics[-1]), shown(endpoint)
    fact = f"{name}#{given.event['event_id']}"
    invoke_with(tree, endpoint, function, given)
    expect_fact(endpoint, f"{fact} dead-lettered")
    verify_senders(endpoint)
    follow(tree, endpoint, runbook, "MessageRejected", "(?m)^done$")
    expect_fact(endpoint, f"{fact} done")
    expect_effects(function, before, shown(endpoint))
    sqs = client(endpoint, "sqs")
    queue = sqs.get_queue_url(QueueName=f"tidings-test-{name}-dead-letters")["QueueUrl"]
    counts = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    if any(counts[count] != "0" for count in ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")):
        sys.exit(f"the redriven dead letter is still in {queue}")


def expect_settings(tree: Tree, endpoint: str) -> None:
    """Checks that each stack has all parameters of the stage's file, and that stacks and tables are protected."""
    cloudformation = client(endpoint, "cloudformation")
    given = tomllib.loads((tree.root / STAGE).read_text(encoding="utf-8"))["parameters"]
    for stack in templates.stacks():
        name = f"tidings-test-{stack}"
        [found] = cloudformation.describe_stacks(StackName=name)["Stacks"]
        deployed = {it["ParameterKey"]: it["ParameterValue"] for it in found["Parameters"]}
        for parameter, value in (line.split("=", 1) for line in [*given.get(stack, []), "Stage=test"]):
            if deployed[parameter] != value.strip("\"'"):
                sys.exit(f"{name} has the {parameter} {deployed[parameter]}, not {value}")
        policy = cloudformation.get_stack_policy(StackName=name).get("StackPolicyBody")
        if not found["EnableTerminationProtection"] or not policy:
            sys.exit(f"{name} is not protected: {found['EnableTerminationProtection']}, {policy}")
    tables = client(endpoint, "dynamodb")
    for table in tables.list_tables()["TableNames"]:
        if not tables.describe_table(TableName=table)["Table"]["DeletionProtectionEnabled"]:
            sys.exit(f"{table} is not protected")


def destroy(tree: Tree, endpoint: str) -> None:
    """Removes the stage, which must keep its data, and tries the commands that are refused before and after."""
    before = shown(endpoint), facts(endpoint)
    sqs = client(endpoint, "sqs")
    queues = sqs.list_queues(QueueNamePrefix="tidings-test-")["QueueUrls"]
    sqs.send_message(QueueUrl=queues[0], MessageBody="{}")
    run(tree, endpoint, "./scripts/destroy test --yes", "dead-letters holds 1 dead letters", status=2)
    for queue in queues:
        sqs.purge_queue(QueueUrl=queue)
    run(tree, endpoint, "echo prod | ./scripts/destroy test", "that was not its name", status=2)
    cloudformation, unlisted = client(endpoint, "cloudformation"), "tidings-test-gone"
    body = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
    cloudformation.create_stack(StackName=unlisted, TemplateBody=body)
    run(tree, endpoint, "./scripts/destroy test --yes", f"{unlisted} is not in infra/stacks.toml", status=2)
    cloudformation.delete_stack(StackName=unlisted)
    kept = ("AWS::DynamoDB::Table\ttidings-test-idempotency", f"AWS::S3::Bucket\ttidings-test-audit-{ACCOUNT}")
    run(tree, endpoint, "echo test | ./scripts/destroy test", *kept, "stage test is removed")
    gone = [f"there is no stack tidings-test-{stack}" for stack in templates.stacks()]
    run(tree, endpoint, "./scripts/destroy test --yes", *gone, "is removed")
    if (after := (shown(endpoint), facts(endpoint))) != before:
        sys.exit(f"destroying the stage changed its data from\n{before}\nto\n{after}")
    run(tree, endpoint, "./scripts/deploy test", "was destroyed and its data kept", status=2)


def main() -> None:
    make_tools()
    with tempfile.TemporaryDirectory(prefix="tidings-deploy-") as name, emulator.running(pathlib.Path(name)) as endpoint:
        tree = Tree(pathlib.Path(name) / "tree")
        for function in functions():
            tree.add_binary(function.binary)
        reduce_templates(tree, make_cluster(endpoint))
        leave_out_commands(tree)
        run(tree, endpoint, "./scripts/deploy test", "deployed before: nothing", "stage test is deployed")
        expect_settings(tree, endpoint)
        redrive(tree, endpoint)
        for function in functions():
            invoke(tree, endpoint, function)
        follow(tree, endpoint, "docs/runbooks/lag.md", "Enabled")
        follow(tree, endpoint, "docs/runbooks/ses-pause.md", "(?s)Disabled.*Enabled")
        # It deploys again without changes. The record that it uses was handled before.
        changed_nothing = "No changes to.*" * len(templates.stacks())
        says = f"(?s)Disabled.*deployed before: {COMMIT}.*{changed_nothing}stage test is deployed.*\ndone\n.*Enabled"
        follow(tree, endpoint, "docs/runbooks/upgrade-function.md", says)
        destroy(tree, endpoint)


if __name__ == "__main__":
    main()
