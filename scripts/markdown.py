"""Finds the shell commands in a Markdown file."""

import pathlib
import re

FENCE = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def shell_blocks(text: str) -> list[str]:
    """The contents of the fenced blocks marked `sh`, in order."""
    return FENCE.findall(text)


def section(path: str, heading: str) -> str:
    """The text below a second-level heading, up to the next one."""
    text = pathlib.Path(path).read_text(encoding="utf-8")
    parts = re.split(r"^## (.*)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))[heading]
