"""`pulumi preview` with the policy pack, as users run it without `serving`: many previews of one checkout."""

import json
import subprocess
from dataclasses import dataclass
from typing import Any

from stacks.engine.environment import engine_environment, own_state_folder
from stacks.engine.locate import locate_engine
from stacks.project import Project
from tests.support.checkout import TIMEOUT_S, Checkout, Finished

PREVIEW = (
    "preview", "--policy-pack", "policies", "--policy-pack-config", "stacks/policies.local.json", "--color", "never",
)  # fmt: skip


@dataclass(frozen=True)
class PlainStack:
    """
    A checkout with a program of a test's.

    Attributes:
        providers: Addresses of the providers that the program uses, the value of `PULUMI_DEBUG_PROVIDERS`.
    """

    checkout: Checkout
    providers: str

    def preview(self, config: dict[str, Any], **files: Any) -> Finished:
        """Preview with these limits, after the files that the program reads, `stacks/<name>.json`, were written."""
        for name, content in {**files, "policies.local": config}.items():
            (self.checkout.root / f"stacks/{name}.json").write_text(json.dumps(content))
        return self.pulumi(*PREVIEW)

    def pulumi(self, *arguments: str) -> Finished:
        """Run `pulumi` in the environment that `serving engine --export` gives."""
        engine, inherited = locate_engine(print), self.checkout.environment
        added = engine_environment(Project(self.checkout.root), engine, inherited)
        result = subprocess.run(
            [str(engine.path), *arguments], cwd=self.checkout.root, stdin=subprocess.DEVNULL,
            env={**inherited, **added, "PULUMI_DEBUG_PROVIDERS": self.providers},
            capture_output=True, text=True, check=False, timeout=TIMEOUT_S,
        )  # fmt: skip
        return Finished(code=result.returncode, out=result.stdout, err=result.stderr)


def make_plain_stack(checkout: Checkout, program: str, providers: str) -> PlainStack:
    """Replace the checkout's program, and make its stack."""
    (checkout.root / "stacks/__main__.py").write_text(program)
    own_state_folder(Project(checkout.root)).mkdir(parents=True)
    stack = PlainStack(checkout, providers)
    made = stack.pulumi("stack", "select", "--create", "local")
    assert made.code == 0, made.err
    return stack
