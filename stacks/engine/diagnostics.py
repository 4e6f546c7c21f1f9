"""Find the sentences that a user can act on in what the engine prints."""

import re

UNKNOWN = "the engine gave no reason"

# `components.embedded.readiness.HealthCheckFailed: …`: an error of ours, as the last line of a traceback shows it.
RAISED_ON_PURPOSE = re.compile(r"(?:^|: )(?:optimizers|components|policies|stacks)(?:\.\w+)*\.[A-Z]\w*: ", re.MULTILINE)
# What our own providers refuse; a program's traceback is wrapped around it.
REFUSED_OFFLINE = re.compile(r"an offline preview .+")
COLOUR = re.compile(r"<\{%[^%]*%\}>|\x1b\[[0-9;]*m")
# What the engine and gRPC wrap around a message.
WRAPPING = re.compile(
    r"^(?:error: |an unhandled error occurred: |Exception calling application: |rpc error: code = \w+ desc = )+"
)
# What the engine adds after the reason was said.
NOISE = re.compile(
    r"^(?:update|preview|refresh|destroy|import|resource) (?:failed|canceled)$|^run bailed$|has a problem:?$"
)
# What the engine says without saying what to do.
REMEDIES = {
    "incorrect passphrase": "set PULUMI_CONFIG_PASSPHRASE to the one that this stack was made with",
    "no resource plugin 'pulumi-resource-": "install the package's Python SDK, which is all that `preview --offline` needs, "
    "or for other runs its plugin with `pulumi plugin install`",
    "failed to load checkpoint": "the stack's state file is damaged; put back the `.bak` file beside it",
}
# How the Automation API shows a command that failed.
STDERR = "\n stderr: "


def reasons(text: str) -> list[str]:
    """
    Return the lines of a diagnostic that say what is wrong, at least one.

    An error that this product raised on purpose is reduced to its own message; of anything else every line is kept.
    """
    plain = COLOUR.sub("", text).strip()
    if refused := REFUSED_OFFLINE.search(plain):
        return [refused[0]]
    marks = list(RAISED_ON_PURPOSE.finditer(plain))
    message = plain[marks[-1].end() :] if marks else plain
    lines = [WRAPPING.sub("", line).rstrip() for line in message.splitlines()]
    return [line for line in lines if line.strip()] or [UNKNOWN]


def failure(diagnostics: list[str], command: str) -> str:
    """
    Return why a run failed: each reason once, without what the engine adds to it.

    Args:
        diagnostics: Lines that `reasons` found in the run's error diagnostics.
        command: What the Automation API says of the command; asked only where no diagnostic gives a reason.
    """
    for lines in (diagnostics, reasons(command.rpartition(STDERR)[2])):
        said = [line for line in dict.fromkeys(lines) if not NOISE.search(line) and line != UNKNOWN]
        if said:
            return "\n".join(_with_remedy(line) for line in said)
    return UNKNOWN


def _with_remedy(line: str) -> str:
    return "; ".join((line, *(remedy for words, remedy in REMEDIES.items() if words in line)))
