"""Tests what stops scripts/deploy and scripts/destroy. Each case must print one sentence and end with status 2, after
asking AWS only for the caller and the existing stacks.
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

from deploy_tree import ACCOUNT, REGION, STAGE, Tree, make_tools

# Small templates, because the tests end before anything is deployed.
PLATFORM = """\
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: tidings-test}}
"""
DOMAIN = """\
Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]
Resources:
  Fn::ForEach::Queues:
    - Name
    - [sold]
    - ${Name}Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub "tidings-test-${Name}"}}
  soldFunction:
    Type: AWS::Serverless::Function
    Metadata: {BuildMethod: rust-cargolambda, BuildProperties: {Binary: shop-sold}}
    Properties: {Runtime: provided.al2023, Architectures: [arm64], Handler: bootstrap, CodeUri: ../}
"""
FILES = {
    "infra/stacks.toml": 'stacks = ["platform", "shop"]\n',
    "infra/platform.yaml": PLATFORM,
    "infra/shop.yaml": DOMAIN,
    STAGE: f"""\
version = 0.1
[stage]
account = "{ACCOUNT}"
region = "{REGION}"
[default.deploy.parameters]
resolve_s3 = true
[parameters]
shop = ["EmailFrom=no-reply@shop.example"]
""",
    "target/lambda/shop-sold/bootstrap": "GLIBC_2.2.5 GLIBC_2.34",
}
READING = {"GetCallerIdentity", "DescribeStacks", "DescribeTable"}
BASICS = "bash cat cut dirname env grep mktemp printf rm sed sort tail uniq cargo".split()


ERROR = "<ErrorResponse><Error><Code>{}</Code><Message>{}</Message></Error></ErrorResponse>"
CALLER = """\
<GetCallerIdentityResponse><GetCallerIdentityResult><Account>{}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>
"""


class Aws(http.server.BaseHTTPRequestHandler):
    """A server that knows the caller and no stacks, or refuses requests. It records the requests."""

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
    """PATH without any installation of a tool."""
    def prepare(tree: Tree) -> dict:
        (tree.bin / tool).unlink()
        basics = tree.root / "basics"
        basics.mkdir()
        for name in BASICS:
            (basics / name).symlink_to(shutil.which(name))
        # The one in PATH may be the script of a version manager.
        (basics / "python3").symlink_to(pathlib.Path(sys.executable).resolve())
        return {"PATH": f"{tree.bin}:{basics}"}
    return prepare


def edited(name: str, old: str, new: str):
    def prepare(tree: Tree) -> dict:
        tree.edit(name, old, new)
        return {}
    return prepare


def parameter(text: str):
    """Adds a parameter to the domain's."""
    return edited(STAGE, "shop = [", f"shop = ['{text}', ")


def without_template(tree: Tree) -> dict:
    (tree.root / "infra/shop.yaml").unlink()
    return {}


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
    tree.edit("target/lambda/shop-sold/bootstrap", "GLIBC_2.34", "GLIBC_2.39")
    return {}


def as_it_is(_: Tree) -> dict:
    return {}


NONE, CALLING = set(), {"GetCallerIdentity"}
# The mistake, the command, the preparation, the expected sentence, and the requests that AWS may have got.
CASES = [
    ("no stage", "deploy", as_it_is, "say which stage", NONE),
    ("a wrong name", "deploy Prod_1", as_it_is, "is not a stage's name", NONE),
    ("an unknown stage", "deploy nowhere", as_it_is, "there is no stage nowhere", NONE),
    ("no TOML", "deploy test", edited(STAGE, "[stage]", "[stage"), "cannot be read", NONE),
    ("no region", "deploy test", edited(STAGE, "region =", "reign ="), "cannot be read", NONE),
    ("no table of parameters", "deploy test", edited(STAGE, "[parameters]", "[parameter]"), "cannot be read", NONE),
    ("no list of stacks", "deploy test", edited("infra/stacks.toml", "stacks", "stack"), "with the list .stacks", NONE),
    ("no template", "deploy test", without_template, "stacks.toml lists shop, but .* no infra/shop.yaml", NONE),
    ("an unlisted stack", "deploy test", edited(STAGE, "shop =", "bar ="), "for bar, which .*stacks.toml does not", NONE),
    ("two values", "deploy test", parameter("EmailFrom=b@shop.example"), "gives EmailFrom of shop more than one", NONE),
    ("a stage of its own", "deploy test", parameter("Stage=b"), "gives shop a Stage;", NONE),
    ("a value with spaces", "deploy test", parameter("BankName=First Bank"), "would cut or refuse BankName of", NONE),
    ("a value with quotes", "deploy test", parameter('Ids={"a": "1"}'), "would cut or refuse Ids of shop;", NONE),
    ("an empty value", "destroy test", parameter("AlarmEmail="), "would cut or refuse AlarmEmail of shop;", NONE),
    ("a mode for one domain", "deploy test", parameter("PartialBatchResponses=false"), "move it to platform", NONE),
    ("tracing for one domain", "deploy test", parameter("Tracing=None"), "gives Tracing to shop;", NONE),
    ("no AWS CLI", "deploy test", without("aws"), "aws is missing", NONE),
    ("no SAM", "deploy test", without("sam"), "sam is missing", NONE),
    ("no cargo-lambda", "deploy test", without("cargo-lambda"), "cargo-lambda is missing", NONE),
    ("no git", "deploy test", without("git"), "git is missing", NONE),
    ("no clone", "deploy test", no_clone, "there is no commit to name", NONE),
    ("a misspelt property of SAM", "deploy test", edited("infra/shop.yaml", "Handler:", "Handlr:"), "is not valid", NONE),
    ("a misspelt property", "deploy test", edited("infra/platform.yaml", "QueueName", "QueuName"), "is not valid", NONE),
    ("no credentials", "deploy test", no_credentials, "AWS takes no credentials", NONE),
    ("refused credentials", "deploy test", refused("GetCallerIdentity"), "no credentials.*ExpiredToken", CALLING),
    ("another account", "deploy test", another_account, "of account 999999999999, but stage test", CALLING),
    ("no word of stacks", "deploy test", refused("DescribeStacks"), "does not say whether there is", READING),
    ("a build that fails", "deploy test", build_that_fails, "could not be built", READING),
    ("a newer C library", "deploy test", newer_glibc, "needs glibc 2.39, but Lambda has 2.34", READING),
    ("no stage", "destroy", as_it_is, "say which stage", NONE),
    ("an unknown option", "destroy test --force", as_it_is, "say which stage", NONE),
    ("an unknown stage", "destroy nowhere --yes", as_it_is, "there is no stage nowhere", NONE),
    ("no template", "destroy test --yes", without_template, "stacks.toml lists shop, but .* no infra/shop.yaml", NONE),
    ("no credentials", "destroy test --yes", no_credentials, "AWS takes no credentials", NONE),
    ("another account", "destroy test --yes", another_account, "of account 999999999999", CALLING),
    ("no word of stacks", "destroy test --yes", refused("DescribeStacks"), "does not say whether there is", READING),
]


def check(case: tuple) -> str | None:
    """Runs one case. Returns what is wrong with its outcome."""
    what, command, prepare, sentence, allowed = case
    with tempfile.TemporaryDirectory(prefix="tidings-refusal-") as folder, recorder() as endpoint:
        tree = Tree(pathlib.Path(folder) / "tree")
        for name, text in FILES.items():
            (tree.root / name).parent.mkdir(parents=True, exist_ok=True)
            (tree.root / name).write_text(text, encoding="utf-8")
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
