"""Follows CONTRIBUTING's walk-throughs in a copy of the tree and checks that the results work.

The fenced blocks are run unchanged and in order, each in its own shell. Only the block that starts the stack is left
running, and the later blocks get the address that it prints. The copy is built into the same target folder, so only
changed or new files are compiled.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

from markdown import section, shell_blocks
from output import Output

DOCUMENT = "CONTRIBUTING.md"
FUNCTION, DOMAIN = "Add a function", "Add a domain"
NEW_FUNCTION = "bank-welcome"
NEW_DOMAIN = "library"
STACK = "target/quick/tidings up"
GUARD = ".local/tools/bin/cfn-guard"
# The files that a new domain may change: the lists of the workspace and of the stacks.
LISTS = {"Cargo.toml", "Cargo.lock", "infra/stacks.toml"}
PERMISSIONS = f"docs/permissions/{NEW_DOMAIN}.md"
OWN = (f"events/{NEW_DOMAIN}/", f"functions/{NEW_DOMAIN}/", f"infra/{NEW_DOMAIN}.yaml", PERMISSIONS)


def copy_tree(root: pathlib.Path, copy: pathlib.Path, target: pathlib.Path) -> None:
    """Copies all files that git tracks or would add, as they are on disk, into a new repository."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root, check=True, stdout=subprocess.PIPE, text=True,
    ).stdout
    for name in filter(None, listing.split("\0")):
        if (root / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, copy / name)
    (copy / ".venv").symlink_to(root / ".venv")
    (copy / "target").symlink_to(target)
    (copy / ".local").mkdir()
    (copy / ".local/tools").symlink_to(root / ".local/tools")
    git(copy, "init", "--quiet")


def git(copy: pathlib.Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=walkthrough", "-c", "user.email=walkthrough@localhost", *arguments]
    return subprocess.run(command, cwd=copy, check=True, stdout=subprocess.PIPE, text=True).stdout


def commit(copy: pathlib.Path) -> None:
    git(copy, "add", "--all")
    git(copy, "commit", "--quiet", "--message", "As it was")


def start(block: str, copy: pathlib.Path, environment: dict[str, str], **streams) -> subprocess.Popen:
    """Prints a block and starts it."""
    print("\n".join(f"| {line}" for line in block.splitlines()), flush=True)
    return subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", block], cwd=copy, env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, text=True, start_new_session=True, **streams,
    )


def follow(block: str, copy: pathlib.Path, environment: dict[str, str]) -> str:
    """Runs one block, prints its output and returns it."""
    shell = start(block, copy, environment)
    lines = []
    for line in shell.stdout:
        print(line, end="", flush=True)
        lines.append(line)
    if shell.wait() != 0:
        sys.exit(f"this block of the walk-through ended with status {shell.returncode}:\n{block}")
    return "".join(lines)


def add_function(copy: pathlib.Path, environment: dict[str, str]) -> None:
    printed = [follow(block, copy, environment) for block in shell_blocks(section(DOCUMENT, FUNCTION))]
    received = re.search(rf"^\W*{NEW_FUNCTION}\W+(\d+)", printed[-1], re.MULTILINE)
    if not received or int(received[1]) == 0:
        sys.exit(f"the demo's table shows no event that {NEW_FUNCTION} received")
    print(f"{NEW_FUNCTION} received {received[1]} events", flush=True)
    check_templates(copy, environment, "docs/permissions/bank.md")


def add_domain(copy: pathlib.Path, environment: dict[str, str]) -> None:
    """Follows the walk-through, and waits for the effect of each event that it publishes."""
    blocks = shell_blocks(section(DOCUMENT, DOMAIN))
    starts = next(number for number, block in enumerate(blocks) if block.strip().endswith(STACK))
    before, last_line = blocks[starts].strip().rsplit("\n", 1)
    for block in [*blocks[:starts], before]:
        follow(block, copy, environment)
    check_templates(copy, environment, PERMISSIONS)
    check_changes(copy)
    stack = start(last_line, copy, environment, stderr=subprocess.STDOUT)
    try:
        shown = Output(stack)
        servers = shown.wait_for("^Kafka ").split()[-1]
        shown.wait_for("Ctrl-C")
        for block in blocks[starts + 1:]:
            follow(block.replace("HOST:PORT", servers), copy, environment)
        for fixture in sorted((copy / f"events/{NEW_DOMAIN}/fixtures/events").glob("*.json")):
            event = json.loads(fixture.read_text(encoding="utf-8"))["event_id"]
            print(shown.wait_for(f"-{NEW_DOMAIN}-.* Publish 200 .*{event}"), flush=True)
    finally:
        os.killpg(stack.pid, signal.SIGTERM)
        stack.wait(30)


def check_templates(copy: pathlib.Path, environment: dict[str, str], permissions: str) -> None:
    """Checks the copy's templates: nothing is wrong but that the new permissions are not in docs/ yet."""
    written = copy / ".local/infra/templates/permissions"
    for expected in (permissions, "no findings on the templates"):
        done = subprocess.run(
            [".venv/bin/python", "infra/checks/run.py", "target/quick/tidings-infra-checks", GUARD, "--templates"],
            cwd=copy, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        print(done.stdout, end="", flush=True)
        if expected not in done.stdout:
            sys.exit(f"infra/checks/run.py does not say {expected}")
        shutil.copytree(written, copy / "docs/permissions", dirs_exist_ok=True)


def check_changes(copy: pathlib.Path) -> None:
    """Checks that no existing file except the lists has changed."""
    print(git(copy, "diff", "--stat"), flush=True)
    changed = [line[3:] for line in git(copy, "status", "--porcelain", "--untracked-files=all").splitlines()]
    others = [name for name in changed if name not in LISTS and not name.startswith(OWN)]
    if others:
        sys.exit(f"adding a domain changed existing files: {others}")


def main() -> None:
    root = pathlib.Path.cwd()
    target = root / os.environ.get("CARGO_TARGET_DIR", "target")
    environment = os.environ | {"CARGO_TARGET_DIR": str(target)}
    with tempfile.TemporaryDirectory(prefix="tidings-walkthrough-") as folder:
        copy = pathlib.Path(folder)
        copy_tree(root, copy, target)
        add_function(copy, environment)
        commit(copy)
        add_domain(copy, environment)


if __name__ == "__main__":
    main()
