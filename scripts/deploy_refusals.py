"""What stops scripts/deploy and scripts/destroy: each gives one sentence and status 2, and AWS was asked nothing but who
is calling and what is there.
"""

import contextlib
import http.server
import pathlib
import re
import shutil
import sys
import tempfile
import threading
import urllib.parse

from deploy_tree import ACCOUNT, STAGE, Tree, make_tools

# Small templates: what is tested is what happens before they are deployed.
PLATFORM = """\
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: tidings-test}}
"""
FUNCTIONS = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Email:
    Type: AWS::Serverless::Function
    Metadata: {BuildMethod: rust-cargolambda, BuildProperties: {Binary: email}}
    Properties: {Runtime: provided.al2023, Architectures: [arm64], Handler: bootstrap, CodeUri: ../}
"""
READING = {"GetCallerIdentity", "DescribeStacks", "DescribeTable"}
BASICS = "bash cat cut dirname env grep mktemp printf rm sed sort tail uniq cargo".split()


ERROR = "<ErrorResponse><Error><Code>{}</Code><Message>{}</Message></Error></ErrorResponse>"
CALLER = """\
<GetCallerIdentityResponse><GetCallerIdentityResult><Account>{}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>
"""


class Aws(http.server.BaseHTTPRequestHandler):
    """Knows who is calling and that there is nothing, unless it is told to refuse; writes down what it is asked."""

    calls: list[str] = []
    account = ACCOUNT
    refused = ""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        action = self.headers.get("x-amz-target", "").rpartition(".")[2] or urllib.parse.parse_qs(body)["Action"][0]
        self.calls.append(action)
        if action == self.refused:
            status, answer = 403, ERROR.format("ExpiredToken", "the token has expired")
        elif action == "GetCallerIdentity":
            status, answer = 200, CALLER.format(self.account)
        else:
            status, answer = 400, ERROR.format("ValidationError", "it does not exist")
        self.send_response(status)
        self.end_headers()
        self.wfile.write(answer.encode())

    def log_message(self, *_) -> None:
        pass


@contextlib.contextmanager
def recorder():
    Aws.calls, Aws.account, Aws.refused = [], ACCOUNT, ""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Aws) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def without(tool: str):
    """PATH without a tool, wherever else it is installed."""
    def prepare(tree: Tree) -> dict:
        (tree.bin / tool).unlink()
        basics = tree.root / "basics"
        basics.mkdir()
        for name in BASICS:
            (basics / name).symlink_to(shutil.which(name))
        # The one in PATH may be a version manager's script.
        (basics / "python3").symlink_to(pathlib.Path(sys.executable).resolve())
        return {"PATH": f"{tree.bin}:{basics}"}
    return prepare


def edited(name: str, old: str, new: str):
    def prepare(tree: Tree) -> dict:
        tree.edit(name, old, new)
        return {}
    return prepare


def parameter(text: str):
    """The functions' parameters with one more."""
    return edited(STAGE, '"PortalUrl=', f"'{text}',\n    \"PortalUrl=")


def another_account(_: Tree) -> dict:
    Aws.account = "999999999999"
    return {}


def refused(action: str):
    def prepare(_: Tree) -> dict:
        Aws.refused = action
        return {}
    return prepare


def no_credentials(_: Tree) -> dict:
    return {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}


def build_that_fails(tree: Tree) -> dict:
    tree.write_tool("cargo-lambda", "exit 1")
    return {}


def no_clone(tree: Tree) -> dict:
    tree.write_tool("git", "exit 128")
    return {}


def newer_glibc(tree: Tree) -> dict:
    tree.edit("target/lambda/email/bootstrap", "GLIBC_2.34", "GLIBC_2.39")
    return {}


def as_it_is(_: Tree) -> dict:
    return {}


NONE, CALLING = set(), {"GetCallerIdentity"}
PLATFORM_FILE, FUNCTIONS_FILE = "infra/platform.yaml", "infra/functions.yaml"
# What is wrong, the command, what is arranged, the sentence, and what AWS may have been asked.
CASES = [
    ("no stage", "deploy", as_it_is, "say which stage", NONE),
    ("a wrong name", "deploy Prod_1", as_it_is, "is not a stage's name", NONE),
    ("an unknown stage", "deploy nowhere", as_it_is, "there is no stage nowhere", NONE),
    ("no TOML", "deploy test", edited(STAGE, "[stage]", "[stage"), "cannot be read", NONE),
    ("no region", "deploy test", edited(STAGE, "region =", "reign ="), "cannot be read", NONE),
    ("two stages", "deploy test", edited(STAGE, '"Stage=test",\n', '"Stage=b",\n'), "gives Stage more than one", NONE),
    ("another stage's file", "deploy test", edited(STAGE, "Stage=test", "Stage=b"), "says Stage=b, not", NONE),
    ("no stage in its file", "deploy test", edited(STAGE, "Stage=test", "Other=b"), "says nothing of Stage", NONE),
    ("a value with spaces", "deploy test", parameter("BankName=First National Bank"), "would cut or refuse BankName;", NONE),
    ("a value with quotes", "deploy test", parameter('Ids={"a": "1"}'), "would cut or refuse Ids;", NONE),
    ("an empty value", "destroy test", parameter("AlarmEmail="), "would cut or refuse AlarmEmail;", NONE),
    ("a mode for functions only", "deploy test", parameter("PartialBatchResponses=false"), "belongs to the platform", NONE),
    ("tracing for functions only", "deploy test", parameter("Tracing=None"), "gives Tracing to the functions;", NONE),
    ("no AWS CLI", "deploy test", without("aws"), "aws is missing", NONE),
    ("no SAM", "deploy test", without("sam"), "sam is missing", NONE),
    ("no cargo-lambda", "deploy test", without("cargo-lambda"), "cargo-lambda is missing", NONE),
    ("no git", "deploy test", without("git"), "git is missing", NONE),
    ("no clone", "deploy test", no_clone, "there is no commit to name", NONE),
    ("a misspelt property of SAM", "deploy test", edited(FUNCTIONS_FILE, "Handler:", "Handlr:"), "is not valid", NONE),
    ("a misspelt property", "deploy test", edited(PLATFORM_FILE, "QueueName", "QueuName"), "is not valid", NONE),
    ("no credentials", "deploy test", no_credentials, "AWS takes no credentials", NONE),
    ("refused credentials", "deploy test", refused("GetCallerIdentity"), "no credentials.*ExpiredToken", CALLING),
    ("another account", "deploy test", another_account, "of account 999999999999, but stage test", CALLING),
    ("no word of stacks", "deploy test", refused("DescribeStacks"), "does not say whether there is", READING),
    ("a build that fails", "deploy test", build_that_fails, "could not be built", READING),
    ("a newer C library", "deploy test", newer_glibc, "needs glibc 2.39, but Lambda has 2.34", READING),
    ("no stage", "destroy", as_it_is, "say which stage", NONE),
    ("an unknown option", "destroy test --force", as_it_is, "say which stage", NONE),
    ("an unknown stage", "destroy nowhere --yes", as_it_is, "there is no stage nowhere", NONE),
    ("no credentials", "destroy test --yes", no_credentials, "AWS takes no credentials", NONE),
    ("another account", "destroy test --yes", another_account, "of account 999999999999", CALLING),
    ("no word of stacks", "destroy test --yes", refused("DescribeStacks"), "does not say whether there is", READING),
]


def check(case: tuple) -> str | None:
    """Runs one case; what is wrong with its outcome."""
    what, command, prepare, sentence, allowed = case
    with tempfile.TemporaryDirectory(prefix="tidings-refusal-") as folder, recorder() as endpoint:
        tree = Tree(pathlib.Path(folder) / "tree")
        (tree.root / "infra/platform.yaml").write_text(PLATFORM, encoding="utf-8")
        (tree.root / "infra/functions.yaml").write_text(FUNCTIONS, encoding="utf-8")
        binary = tree.root / "target/lambda/email/bootstrap"
        binary.parent.mkdir(parents=True)
        binary.write_text("GLIBC_2.2.5 GLIBC_2.34", encoding="utf-8")
        script, *arguments = command.split()
        done = tree.run(f"./scripts/{script}", *arguments, AWS_ENDPOINT_URL=endpoint, **prepare(tree))
        last = done.stdout.strip().splitlines()[-1] if done.stdout else ""
        if done.returncode == 2 and re.match(rf"{script}: .*{sentence}", last) and set(Aws.calls) <= allowed:
            print(f"{command}, {what}: {last}", flush=True)
            return None
        return f"{command}, {what}: status {done.returncode}, calls {Aws.calls}, said:\n{done.stdout}"


def main() -> None:
    make_tools()
    wrong = [problem for problem in map(check, CASES) if problem]
    print(f"{len(CASES)} refusals, {len(wrong)} not as they should be")
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
