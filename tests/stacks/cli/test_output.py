"""What a person reads, and what a machine reads."""

import json
import os
import pty
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.checkout import SERVING, Checkout, finished
from tests.support.patience import PATIENCE_S

ESCAPE = "\x1b"
STYLE = re.compile(r"\x1b\[[0-9;]*m")
PLAIN_TERMINAL = {"TERM": "xterm-256color", "COLUMNS": "100"}


def on_terminal(checkout: Checkout, *arguments: str, **variables: str) -> str:
    """Run a command with stdout and stderr on one terminal of 100 columns; return what it shows."""
    ours, theirs = pty.openpty()
    environment = {key: value for key, value in checkout.environment.items() if key not in {"NO_COLOR", "FORCE_COLOR"}}
    with subprocess.Popen(
        [str(SERVING), *arguments], cwd=checkout.root, env={**environment, **PLAIN_TERMINAL, **variables},
        stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs,
    ) as process:  # fmt: skip
        os.close(theirs)
        shown = b""
        while True:
            try:
                data = os.read(ours, 1 << 16)
            except OSError:
                break
            if not data:
                break
            shown += data
        process.wait()
    os.close(ours)
    return shown.decode()


@pytest.mark.parametrize("command", [["plan"], ["validate"], ["--help"]], ids=" ".join)
def test_there_is_colour_on_a_terminal_and_none_elsewhere(optimized: Checkout, command: list[str]) -> None:
    assert ESCAPE in on_terminal(optimized, *command)

    piped = optimized.serving(*command)
    assert ESCAPE not in piped.out + piped.err


def test_an_error_is_red_on_a_terminal_only_and_not_where_colour_is_unwanted(checkout: Checkout) -> None:
    assert "\x1b[1;31merror:" in on_terminal(checkout, "plan")
    assert ESCAPE not in on_terminal(checkout, "plan", NO_COLOR="1")
    assert ESCAPE not in checkout.serving("plan").err


@pytest.mark.parametrize("command", [["plan"], ["validate"], ["prices", "show"]], ids=" ".join)
def test_where_colour_is_unwanted_there_are_no_codes_at_all(optimized: Checkout, command: list[str]) -> None:
    assert ESCAPE not in on_terminal(optimized, *command, NO_COLOR="1")
    # An empty value is none: https://no-color.org
    assert ESCAPE in on_terminal(optimized, *command, NO_COLOR="")


def test_the_plan_fits_a_terminal(optimized: Checkout) -> None:
    shown = STYLE.sub("", on_terminal(optimized, "plan"))

    lines = [line.rstrip() for line in shown.splitlines()]
    assert lines[0].startswith("Plan of `small` on `embedded`")
    assert all(len(line) <= 100 for line in lines)
    for row in (
        "platform",
        "artifact",
        "max batch size",
        "predicted p99",
        "p99 at the most, SLA 1000 ms",
        "capacity, asked 2/s",
    ):
        assert any(line.startswith(row) for line in lines), row


def test_text_in_brackets_is_text_and_not_markup(optimized: Checkout) -> None:
    """A processor's name comes from outside; rich would swallow `[bold]`."""
    path = optimized.root / "artifacts.lock.json"
    content = json.loads(path.read_text())
    (report,) = content["models"]["small"]["reports"].values()
    report["hardware"]["cpu_model"] = "Chip [bold] 9000"
    path.write_text(json.dumps(content))

    result = optimized.serving("plan")

    assert result.code == 0, result.err
    assert "Chip [bold] 9000" in result.out


def test_a_plan_for_machines_has_each_number_with_its_basis(optimized: Checkout) -> None:
    result = optimized.serving("plan", "--json")

    plan: dict[str, Any] = result.document
    assert result.err == ""
    assert plan["name"] == "small"
    assert {"value", "basis"} <= plan["predicted"]["p99_ms"].keys()
    assert plan["artifact"]["name"] == "onnx"


@pytest.mark.integration
def test_a_deployment_as_a_person_sees_it(optimized: Checkout) -> None:
    deep = Checkout(root=optimized.root / "stacks", port=optimized.port)
    first = finished(deep.start("up", PULUMI_HOME=optimized.environment["PULUMI_HOME"]))
    assert first.code == 0, first.err
    titles = ("Optimization on ", "Plan of `small`", "Policies", "Changes  create ")
    places = [first.out.index(title) for title in titles]
    assert places == sorted(places)
    assert "engine: would create small\n" in first.err
    assert "engine: create small-server\n" in first.err
    assert "model-serving-local" not in first.out + first.err
    assert f"healthy: {optimized.url}\n" in first.out

    curl = first.out.splitlines()[-1]
    assert curl.startswith("curl ")
    answer = subprocess.run(["bash", "-c", curl], cwd=deep.root, capture_output=True, text=True, check=True)
    assert len(json.loads(answer.stdout)[0]) == 64

    second = optimized.serving("up")
    assert "Changes  nothing changed" in second.out
    assert "Changes  nothing to change" in optimized.serving("preview").out
    assert optimized.serving("refresh").out == "no drift: what runs is what was deployed\n"
    outputs = optimized.serving("outputs")
    assert "Outputs of stack `local`" in outputs.out
    assert f"endpoint_url        {optimized.url}" in outputs.out

    log = optimized.serving("logs", "-n", "1")
    assert json.loads(log.out)["event"] == "request_processed"
    assert optimized.serving("logs", "-n", "0").out == ""
    follow = optimized.start("logs", "--follow", "-n", "1")
    assert follow.stdout is not None
    assert json.loads(follow.stdout.readline())["event"] == "request_processed"
    follow.send_signal(2)
    assert (follow.communicate(timeout=PATIENCE_S)[1], follow.returncode) == ("", 0)

    assert "Changes  delete small-server, delete small" in optimized.serving("down").out


@pytest.mark.integration
def test_commands_about_a_stack_that_is_not_deployed_say_so(optimized: Checkout) -> None:
    assert optimized.serving("outputs").out == (
        "stack `local` has no outputs: nothing is deployed; run `serving up --stack local`\n"
    )
    assert optimized.serving("refresh").out == "nothing is deployed; `serving up --stack local` deploys\n"
    assert optimized.serving("down").out == "nothing was deployed in stack `local`\n"
    assert optimized.serving("down", "--json").document == {"changes": {}, "changed": {}, "forgotten": []}


@pytest.mark.integration
def test_the_engine_command_gives_a_shell_what_plain_pulumi_needs(checkout: Checkout) -> None:
    sentence = checkout.serving("engine")
    assert sentence.code == 0, sentence.err
    assert sentence.out.startswith("using Pulumi 3.")

    program = f'eval "$("{SERVING}" engine --export)" && pulumi version && pulumi stack ls --json'
    result = subprocess.run(
        ["bash", "-c", program], cwd=checkout.root, env=checkout.environment, capture_output=True, text=True, check=True
    )
    assert result.stdout.splitlines()[0].startswith("v3.")
    assert json.loads(result.stdout.partition("\n")[2]) == []


def test_the_engine_command_needs_no_project_to_name_the_engine(tmp_path: Path) -> None:
    outside = Checkout(root=tmp_path, port=0)

    assert outside.serving("engine").code == 0
    assert outside.serving("engine", "--export").code == 2
