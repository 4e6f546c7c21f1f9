"""When `serving up` runs the engine and when it has nothing to do; each test runs the real engine on a small project."""

import threading

import psutil
import pytest

from optimizers.errors import DeployError
from stacks.cli.up import _deploy
from tests.stacks.engine.toy_project import POLICY_PACK, PROGRAM, Toy
from tests.support.patience import wait_until

pytestmark = pytest.mark.integration


def updates(toy: Toy) -> int:
    """Updates, refreshes included, that the stack's history holds."""
    return len(list((toy.root / ".model-serving/state/.pulumi/history").rglob("*.history.json")))


def test_outputs_alone_are_deployed_and_nothing_else_is_run_twice(toy: Toy) -> None:
    engine = toy.run()
    assert _deploy(engine)[1] is not None

    before = updates(toy)
    _, same = _deploy(engine)
    assert same is not None
    assert (same.changed, same.outputs) == ({}, {"value": 1, "twice": 2})
    assert updates(toy) == before + 1, "only the refresh"

    toy.program(PROGRAM + "pulumi.export('owner', 'me')\npulumi.export('hush', pulumi.Output.secret('a'))\n")
    _, more = _deploy(engine)
    assert more is not None
    assert (more.changed, more.outputs) == ({}, {"value": 1, "twice": 2, "owner": "me", "hush": "a"})
    assert engine.outputs() == more.outputs

    # The engine does not say whether a secret changed.
    toy.program(PROGRAM + "pulumi.export('hush', pulumi.Output.secret('b'))\n")
    _, fewer = _deploy(engine)
    assert fewer is not None
    assert engine.outputs() == fewer.outputs == {"value": 1, "twice": 2, "hush": "b"}


def test_a_policy_that_became_stricter_refuses_what_is_deployed_already(toy: Toy) -> None:
    engine = toy.run()
    engine.up()
    (toy.root / "policies/__main__.py").write_text(POLICY_PACK.replace("> 100", "> 0").replace("over 100", "over 0"))

    previewed, done = _deploy(engine)

    assert done is None
    assert previewed.refused == ("value-budget: number: value 1 is over 0",)


def test_an_engine_that_was_killed_is_named_with_its_signal_and_nothing_is_warned(toy: Toy) -> None:
    toy.program(f"import time\nfrom pathlib import Path\nPath('{toy.root}/started').touch()\ntime.sleep(300)\n")
    engine = toy.run()

    def kill() -> None:
        wait_until((toy.root / "started").exists)
        for child in psutil.Process().children():
            if child.name() == "pulumi":
                child.kill()

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(DeployError) as caught:
        engine.preview()
    killer.join()

    assert str(caught.value) == "the engine was ended by signal 9; run the same command again"
