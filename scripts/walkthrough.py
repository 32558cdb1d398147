"""Follows CONTRIBUTING's walk-through on a copy of the tree and checks that the new function received events.

Each fenced block is run as it stands, in order, in one shell per block. The copy is built into the same target
folder, so only what the walk-through adds is compiled.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from markdown import section, shell_blocks

WALKTHROUGH = ("CONTRIBUTING.md", "Add a function")
NEW_FUNCTION = "welcome"


def copy_tree(root: pathlib.Path, copy: pathlib.Path) -> None:
    """Copies what git knows or would add, as it is on disk."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root, check=True, stdout=subprocess.PIPE, text=True,
    ).stdout
    for name in filter(None, listing.split("\0")):
        if (root / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, copy / name)
    (copy / ".venv").symlink_to(root / ".venv")


def follow(block: str, copy: pathlib.Path, environment: dict[str, str]) -> str:
    """Runs one block, shows what it prints, and returns it."""
    print("\n".join(f"| {line}" for line in block.splitlines()), flush=True)
    shell = subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", block],
        cwd=copy, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
    )
    lines = []
    for line in shell.stdout:
        print(line, end="", flush=True)
        lines.append(line)
    if shell.wait() != 0:
        sys.exit(f"this block of the walk-through ended with status {shell.returncode}:\n{block}")
    return "".join(lines)


def main() -> None:
    root = pathlib.Path.cwd()
    target = root / os.environ.get("CARGO_TARGET_DIR", "target")
    environment = os.environ | {"CARGO_TARGET_DIR": str(target)}
    with tempfile.TemporaryDirectory(prefix="tidings-walkthrough-") as folder:
        copy = pathlib.Path(folder)
        copy_tree(root, copy)
        printed = [follow(block, copy, environment) for block in shell_blocks(section(*WALKTHROUGH))]
    received = re.search(rf"^\W*{NEW_FUNCTION}\W+(\d+)", printed[-1], re.MULTILINE)
    if not received or int(received[1]) == 0:
        sys.exit(f"the demo's table shows no event that {NEW_FUNCTION} received")
    print(f"{NEW_FUNCTION} received {received[1]} events")


if __name__ == "__main__":
    main()
