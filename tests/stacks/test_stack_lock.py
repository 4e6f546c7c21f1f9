"""One function tells which lock a stack reads."""

from pathlib import Path

import pytest

from optimizers.errors import ArtifactError, InvalidArgs
from optimizers.lock import PROPOSED_VARIABLE
from stacks.arguments import embedded_inputs
from stacks.locked_request import refuse_outdated_lock
from stacks.project import Project
from stacks.spec import PromotionSpec, ServingSpec
from stacks.stack_lock import lock_path, proposed_locks
from tests.support.optimized_checkout import SPEC

ROOT = Path("/project")
BUILDS = ServingSpec.model_validate(SPEC)
PROMOTED = BUILDS.model_copy(update={"promotion": PromotionSpec(source="dev")})


def test_stacks_that_build_share_the_lock_of_the_build() -> None:
    assert {lock_path(BUILDS, Project(ROOT), stack) for stack in ("local", "dev")} == {ROOT / "artifacts.lock.json"}


def test_a_stack_that_is_promoted_to_has_a_lock_of_its_own() -> None:
    assert lock_path(PROMOTED, Project(ROOT), "staging") == ROOT / "artifacts.staging.lock.json"
    assert lock_path(PROMOTED, Project(ROOT), "prod") == ROOT / "artifacts.prod.lock.json"


def test_a_proposed_lock_has_the_name_of_the_one_that_it_would_replace() -> None:
    proposed = Project(ROOT, proposed_locks=Path("/elsewhere"))

    assert lock_path(PROMOTED, proposed, "staging") == Path("/elsewhere/artifacts.staging.lock.json")


def test_the_component_is_given_the_lock_of_its_stack() -> None:
    assert embedded_inputs(PROMOTED, Project(ROOT), "prod").lock_path == "/project/artifacts.prod.lock.json"


def test_nothing_is_proposed_where_the_variable_is_missing_or_empty() -> None:
    assert proposed_locks({}, only_preview=False) is None
    assert proposed_locks({PROPOSED_VARIABLE: ""}, only_preview=False) is None


def test_a_proposed_lock_is_judged_by_a_preview_and_never_deployed() -> None:
    assert proposed_locks({PROPOSED_VARIABLE: "/elsewhere"}, only_preview=True) == Path("/elsewhere")
    with pytest.raises(InvalidArgs, match="a proposed lock is for previews only"):
        proposed_locks({PROPOSED_VARIABLE: "/elsewhere"}, only_preview=False)


def test_before_the_first_promotion_the_command_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError) as caught:
        refuse_outdated_lock(PROMOTED, Project(tmp_path), "staging")

    assert str(caught.value) == (
        "`small` was never promoted to stack `staging`, so artifacts.staging.lock.json does not hold it; "
        "run `serving promote dev staging`"
    )
