"""The texts are what engine 3.259 printed for real failures; paths are shortened."""

import pytest

from stacks.engine.diagnostics import UNKNOWN, failure, reasons

SERVER_ENDED = "the server ended before it was ready: `NotADirectoryError: [Errno 20] /p/bentoml is not a directory`"
PORT = (
    "port 60685 on 127.0.0.1 cannot be used (Address already in use, held by process 16224 `python`); "
    "stop the holder or set another `endpoint.port` in the stack file"
)
SPEC = (
    "1 problem in stacks/Pulumi.local.yaml\n"
    "  - model-serving:spec.task_type: got `\"foo\"`; it must be one of 'deploy_model' or 'deploy_edge'; "
    "use one of these words"
)
TRACEBACK = """Exception calling application: Traceback (most recent call last):
  File "/p/components/embedded/deployment.py", line 56, in deploy
    _start_verified(config, run_folder, inputs.thresholds)
components.embedded.readiness.ModelLoadFailed: the first

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/p/components/embedded/deployment.py", line 60, in deploy
    raise DeployError(f"{error}; version a runs again") from error
optimizers.errors.DeployError: the first; version a runs again
"""


def command_failed(stderr: str, stdout: str = "Updating (local):\n") -> str:
    """How the Automation API words it."""
    return f"\n code: 1\n stdout: {stdout}\n stderr: {stderr}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"components.embedded.readiness.HealthCheckFailed: {SERVER_ENDED}\n\n", [SERVER_ENDED]),
        (f"optimizers.errors.DeployError: {PORT}\n\n", [PORT]),
        (f"{SPEC}\n", SPEC.splitlines()),
        (f"an unhandled error occurred: {SPEC}\n", SPEC.splitlines()),
        (f"Exception calling application: optimizers.errors.DeployError: {PORT}", [PORT]),
        (f"rpc error: code = Unknown desc = Exception calling application: {PORT}", [PORT]),
        (f"error: error: {PORT}", [PORT]),
        (f"<{{%fg 1%}}>error: <{{%reset%}}>{PORT}", [PORT]),
        (f"\x1b[38;5;9merror: \x1b[0m{PORT}", [PORT]),
        (TRACEBACK, ["the first; version a runs again"]),
        (f"optimizers.errors.InvalidArgs: {SPEC}", SPEC.splitlines()),
        ("stacks.thing.Wrong: because", ["because"]),
        ("policies.pack.Refused: because", ["because"]),
    ],
)
def test_an_error_of_ours_is_reduced_to_its_message(text: str, expected: list[str]) -> None:
    assert reasons(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Program failed with an unhandled exception:\n  File \"/p/__main__.py\", line 1, in <module>\nKeyError: 'boo'",
        "json.decoder.JSONDecodeError: Expecting value",
        "components.embedded.plan: no class, so no error of ours",
        "somecomponents.embedded.Wrong: another package",
        "see components.embedded.Wrong for more",
    ],
)
def test_everything_else_is_kept(text: str) -> None:
    assert "\n".join(reasons(text)) == text


@pytest.mark.parametrize("text", ["", "\n \n", "\x1b[0m"])
def test_silence_is_said(text: str) -> None:
    assert reasons(text) == [UNKNOWN]


@pytest.mark.parametrize(
    ("diagnostics", "command", "expected"),
    [
        ([SERVER_ENDED, "update failed"], command_failed(""), SERVER_ENDED),
        ([SERVER_ENDED, SERVER_ENDED, "preview failed"], command_failed("error: x"), SERVER_ENDED),
        (["update canceled"], command_failed("error: update canceled by the user"), "update canceled by the user"),
        (["deleting small-server", "update failed"], command_failed(""), "deleting small-server"),
        (
            [],
            command_failed("error: getting stack configuration: get stack secrets manager: incorrect passphrase"),
            (
                "getting stack configuration: get stack secrets manager: incorrect passphrase; "
                "set PULUMI_CONFIG_PASSPHRASE to the one that this stack was made with"
            ),
        ),
        (
            [],
            command_failed("error: failed to load checkpoint: place 1: unexpected end of JSON input", stdout="noise"),
            (
                "failed to load checkpoint: place 1: unexpected end of JSON input; "
                "the stack's state file is damaged; put back the `.bak` file beside it"
            ),
        ),
        (["update failed"], command_failed(""), UNKNOWN),
        ([], "", UNKNOWN),
    ],
)
def test_a_failure_is_its_reasons_and_nothing_of_the_engine_s_own(
    diagnostics: list[str], command: str, expected: str
) -> None:
    assert failure(diagnostics, command) == expected
