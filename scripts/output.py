"""Reads the output of a running process."""

import queue
import re
import subprocess
import sys
import threading
import time

# The time limit for each wait, in seconds.
LIMIT = 60


class Output:
    """The output of a running process."""

    def __init__(self, process: subprocess.Popen) -> None:
        self.lines: list[str] = []
        self._arrived: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, args=(process,), daemon=True).start()

    def _read(self, process: subprocess.Popen) -> None:
        for line in process.stdout:
            self._arrived.put(line.rstrip())
        self._arrived.put(None)

    def wait_for(self, pattern: str) -> str:
        """The first line that matches the pattern, including lines that were already read."""
        for line in self.lines:
            if re.search(pattern, line):
                return line
        deadline = time.monotonic() + LIMIT
        while True:
            try:
                line = self._arrived.get(timeout=max(0, deadline - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                sys.exit("\n".join([*self.lines, f"no line with {pattern} came within {LIMIT} s"]))
            self.lines.append(line)
            if re.search(pattern, line):
                return line
