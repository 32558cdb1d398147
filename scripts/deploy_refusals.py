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
  Queue: {Type: AWS::SQS::Queue}
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
BASICS = "bash cat cut dirname env grep mktemp printf python3 rm sed sort tail uniq cargo".split()


class Aws(http.server.BaseHTTPRequestHandler):
    """Knows who is calling and nothing else, and writes down what it is asked."""

    calls: list[str] = []
    account = ACCOUNT

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        action = self.headers.get("x-amz-target", "").rpartition(".")[2] or urllib.parse.parse_qs(body)["Action"][0]
        self.calls.append(action)
        known = action == "GetCallerIdentity" and self.account
        answer = f"<GetCallerIdentityResponse><GetCallerIdentityResult><Account>{self.account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
        self.send_response(200 if known else 403)
        self.end_headers()
        self.wfile.write((answer if known else "<ErrorResponse><Error><Code>ExpiredToken</Code><Message>expired</Message></Error></ErrorResponse>").encode())

    def log_message(self, *_) -> None:
        pass


@contextlib.contextmanager
def recorder():
    Aws.calls, Aws.account = [], ACCOUNT
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
        return {"PATH": f"{tree.bin}:{basics}"}
    return prepare


def edited(name: str, old: str, new: str):
    return lambda tree: tree.edit(name, old, new) or {}


def another_account(_: Tree) -> dict:
    Aws.account = "999999999999"
    return {}


def expired(_: Tree) -> dict:
    Aws.account = ""
    return {}


def no_credentials(_: Tree) -> dict:
    return {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}


def build_that_fails(tree: Tree) -> dict:
    tree.write_tool("cargo-lambda", "exit 1")
    return {}


def newer_glibc(tree: Tree) -> dict:
    tree.edit("target/lambda/email/bootstrap", "GLIBC_2.34", "GLIBC_2.39")
    return {}


def as_it_is(_: Tree) -> dict:
    return {}


# What is wrong, the command, what is arranged, the sentence, and what AWS may have been asked.
CASES = [
    ("no stage", "deploy", as_it_is, "say which stage", set()),
    ("a wrong name", "deploy Prod_1", as_it_is, 'is no stage\'s name', set()),
    ("an unknown stage", "deploy nowhere", as_it_is, "there is no stage nowhere", set()),
    ("a stage file that is no TOML", "deploy test", edited(STAGE, "[stage]", "[stage"), "cannot be read", set()),
    ("a stage file without region", "deploy test", edited(STAGE, "region =", "reign ="), "cannot be read", set()),
    ("another stage's name", "deploy test", edited(STAGE, '"Stage=test",\n', '"Stage=prod",\n'), "gives Stage more than one value", set()),
    ("another stage's file", "deploy test", edited(STAGE, "Stage=test", "Stage=prod"), "says Stage=prod", set()),
    ("no AWS CLI", "deploy test", without("aws"), "aws is missing", set()),
    ("no SAM", "deploy test", without("sam"), "sam is missing", set()),
    ("no cargo-lambda", "deploy test", without("cargo-lambda"), "cargo-lambda is missing", set()),
    ("a misspelt SAM property", "deploy test", edited("infra/functions.yaml", "Handler:", "Handlr:"), "functions.yaml is not valid", set()),
    ("a misspelt property", "deploy test", edited("infra/platform.yaml", "Queue}", "Queue, Properties: {Nam: x}}"), "platform.yaml is not valid", set()),
    ("no credentials", "deploy test", no_credentials, "AWS takes no credentials", set()),
    ("expired credentials", "deploy test", expired, "AWS takes no credentials.*ExpiredToken", {"GetCallerIdentity"}),
    ("another account", "deploy test", another_account, f"of account 999999999999, but stage test is in account {ACCOUNT}", {"GetCallerIdentity"}),
    ("a build that fails", "deploy test", build_that_fails, "could not be built", READING),
    ("a C library that is too new", "deploy test", newer_glibc, "needs glibc 2.39, but Lambda has 2.34", READING),
    ("no stage", "destroy", as_it_is, "say which stage", set()),
    ("an unknown option", "destroy test --force", as_it_is, "say which stage", set()),
    ("an unknown stage", "destroy nowhere --yes", as_it_is, "there is no stage nowhere", set()),
    ("no credentials", "destroy test --yes", no_credentials, "AWS takes no credentials", set()),
    ("another account", "destroy test --yes", another_account, "of account 999999999999", {"GetCallerIdentity"}),
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
        done = tree.run(f"./scripts/{script}", *arguments, **({"AWS_ENDPOINT_URL": endpoint} | prepare(tree)))
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
