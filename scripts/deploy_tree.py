"""A copy of what scripts/deploy needs, for its tests: quick binaries instead of a release build, SAM and the AWS CLI."""

import os
import pathlib
import shutil
import subprocess
import sys

TOOLS = pathlib.Path(".local/tools/deploy")
REQUIREMENTS = pathlib.Path("scripts/requirements-deploy.txt")
STAGE = "infra/stages/test.toml"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
# The emulator's account. In this region the AWS CLI 1 uses AWS_ENDPOINT_URL also for SQS.
ACCOUNT, REGION = "000000000000", "eu-central-2"


def make_tools() -> None:
    """Installs the tools unless they are there."""
    for tool in ("jq", "strip"):
        if not shutil.which(tool):
            sys.exit(f"{tool} is missing, which the tests of deploying need; install it (Debian: apt-get install jq binutils)")
    stamp, wanted = TOOLS / "stamp", REQUIREMENTS.read_text(encoding="utf-8")
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    subprocess.run(["python3", "-m", "venv", "--clear", TOOLS], check=True)
    pip = TOOLS / "bin/pip"
    subprocess.run([pip, "install", "--quiet", "--no-deps", "--requirement", REQUIREMENTS], check=True)
    subprocess.run([pip, "check", "--quiet"], check=True)
    stamp.write_text(wanted, encoding="utf-8")


class Tree:
    """The copy, in which commands can be run."""

    def __init__(self, root: pathlib.Path) -> None:
        self.root, self.bin = root, root / "bin"
        for folder in ("infra", "scripts", "docs", *map(str, pathlib.Path("events").glob("*/fixtures/kafka"))):
            shutil.copytree(folder, root / folder)
        shutil.copy("Cargo.toml", root)
        self.edit(STAGE, "111122223333", ACCOUNT)
        self.edit(STAGE, "eu-central-1", REGION)
        self.bin.mkdir()
        for tool in ("aws", "sam"):
            (self.bin / tool).symlink_to((TOOLS / "bin" / tool).absolute())
        # SAM finds the binary where cargo-lambda would have put it.
        self.write_tool("cargo-lambda", "exit 0")
        # The copy is not a Git clone.
        self.write_tool("git", f"echo {COMMIT}")

    def write_tool(self, name: str, command: str) -> None:
        (self.bin / name).write_text(f"#!/bin/sh\n{command}\n", encoding="utf-8")
        (self.bin / name).chmod(0o755)

    def add_binary(self, name: str) -> None:
        """Puts a function's quick binary where SAM looks for it, without symbols, which need not be uploaded."""
        source = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", "target")) / "quick" / name
        copy = self.root / "target/lambda" / name / "bootstrap"
        copy.parent.mkdir(parents=True)
        subprocess.run(["strip", "-o", copy, source], check=True)

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.root / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{name} has no {old}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def run(self, *command: str, **changes: str | None) -> subprocess.CompletedProcess:
        """Runs a command and captures its output. `changes` are made to its environment; None removes a variable."""
        environment = {name: os.environ[name] for name in ("HOME", "RUSTUP_HOME", "CARGO_HOME") if name in os.environ}
        environment |= {
            "PATH": f"{self.bin}:{os.environ['PATH']}", "TMPDIR": str(self.root), "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "SAM_CLI_POLL_DELAY": "1",
        } | changes
        environment = {name: value for name, value in environment.items() if value is not None}
        return subprocess.run(
            command, cwd=self.root, env=environment, stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
