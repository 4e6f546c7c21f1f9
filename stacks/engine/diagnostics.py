"""Find the sentence that a user can act on in what the engine prints."""

import re

# `optimizers.errors.DeployError: …`, as the last line of a traceback shows it.
RAISED_ON_PURPOSE = re.compile(r"optimizers\.errors\.\w+: (?P<message>.*)", re.DOTALL)
COLOUR = re.compile(r"<\{%[^%]*%\}>|\x1b\[[0-9;]*m")
# What the engine and gRPC wrap around a message.
WRAPPING = re.compile(r"^(error: )*(Exception calling application: |rpc error: code = \w+ desc = )")


def reasons(text: str) -> list[str]:
    """
    Return the lines of a diagnostic that say what is wrong, at least one.

    An error that this product raised on purpose is reduced to its own message; of anything else every line is kept.
    """
    plain = COLOUR.sub("", text).strip()
    found = RAISED_ON_PURPOSE.search(plain)
    message = found["message"] if found else plain
    lines = [WRAPPING.sub("", line).rstrip() for line in message.splitlines()]
    return [line for line in lines if line.strip()] or ["the engine gave no reason"]
