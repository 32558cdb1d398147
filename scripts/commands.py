"""Fails if no test runs a command in a README, in CONTRIBUTING or in docs.

A command counts as run if it occurs word for word in one of the scripts of scripts/test, in a walk-through that
scripts/walkthrough.py follows, or in a document that a test follows from beginning to end.
"""

import pathlib
import re
import sys

from markdown import section, shell_blocks
from walkthrough import DOCUMENT, DOMAIN, FUNCTION

DOCUMENTS = ["README.md", "CONTRIBUTING.md", *map(str, sorted(pathlib.Path("docs").rglob("*.md")))]
# Documents or folders of documents, and the tests that follow them.
FOLLOWED = {
    "examples/powertools-python/README.md": "tests/tests/command/example.rs",
    "docs/deploying.md": "scripts/runbooks.py",
    "docs/runbooks": "scripts/runbooks.py",
}
SCRIPTS = (".ci/run", "scripts/test", "scripts/cargo_lambda.py")
PARTS = re.compile(r"^all=\((.*)\)$", re.MULTILINE)


def is_run(command: str, run: str) -> bool:
    """Whether a command is empty, is part of what is run, or only names parts of the tests."""
    words = command.split()
    if words[:1] == ["./scripts/test"]:
        return set(words[1:]) <= set(PARTS.search(run)[1].split())
    return command in run


def main() -> None:
    run = "\n".join(pathlib.Path(script).read_text(encoding="utf-8") for script in SCRIPTS)
    followed = [*shell_blocks(section(DOCUMENT, FUNCTION)), *shell_blocks(section(DOCUMENT, DOMAIN))]
    count, missing = 0, []
    for name, test in FOLLOWED.items():
        if name not in pathlib.Path(test).read_text(encoding="utf-8"):
            missing.append(f"{name}: {test} does not follow it")
        for document in sorted(pathlib.Path(name).glob("*.md")) or [pathlib.Path(name)]:
            followed += shell_blocks(document.read_text(encoding="utf-8"))
    for document in DOCUMENTS:
        for block in shell_blocks(pathlib.Path(document).read_text(encoding="utf-8")):
            if block in followed:
                continue
            for line in block.splitlines():
                command = line.split("  #")[0].strip()
                count += bool(command)
                if not is_run(command, run):
                    missing.append(f"{document}: no test runs `{command}`")
    print(f"{count} commands and {len(followed)} blocks of followed documents are looked up, {len(missing)} not found")
    if missing:
        sys.exit("\n".join(missing))


if __name__ == "__main__":
    main()
