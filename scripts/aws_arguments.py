"""Prints what is wrong with AWS CLI commands. Reads one command per line, as a JSON list of arguments. Calls no service.

Runs in the environment of scripts/requirements-deploy.txt, because the CLI's own parser and validation do the checking.
"""

import contextlib
import io
import json
import os
import sys

os.environ |= {
    "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "eu-central-1", "AWS_PAGER": "",
    "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
}

from awscli.clidriver import create_clidriver
from botocore.endpoint import Endpoint


class Valid(BaseException):
    """The request was built, so the command is valid."""


def stop(*_) -> None:
    raise Valid


def problem(arguments: list[str]) -> str | None:
    """The CLI's error for the command, if any."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        try:
            create_clidriver().main(arguments)
        except (Valid, SystemExit) as end:
            if isinstance(end, Valid):
                return None
    return said.getvalue().strip().splitlines()[-1]


def main() -> None:
    Endpoint.make_request = stop
    for line in sys.stdin:
        if found := problem(json.loads(line)):
            print(f"aws {' '.join(json.loads(line))}: {found}")


if __name__ == "__main__":
    main()
