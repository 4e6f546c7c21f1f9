"""Artifacts of a promoted stack come from the store; where they lack, the refusal says how to get them."""

from pathlib import Path

import pytest

from optimizers import lock
from optimizers.errors import ArtifactError, DigestMismatch
from optimizers.lock import Lock
from stacks.project import Project
from stacks.promotion.promoted_artifacts import building_stack, promoted_artifacts
from stacks.promotion.proposal import as_proposed, proposal
from stacks.spec import ServingSpec
from stacks.stack_file import read_spec
from stacks.stack_lock import lock_path
from tests.support.optimized_checkout import make_optimized_checkout
from tests.support.stacks_of_a_checkout import add_stacks, change_spec

LOCK = "artifacts.prod.lock.json"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A checkout in which what was built is promoted to prod."""
    add_stacks(make_optimized_checkout(tmp_path))
    (tmp_path / LOCK).write_bytes((tmp_path / "artifacts.lock.json").read_bytes())
    return Project(tmp_path)


@pytest.fixture
def spec(project: Project) -> ServingSpec:
    return read_spec(project.root, "prod")


def artifact_folder(project: Project) -> Path:
    (artifact,) = lock.read(project.root / LOCK).models["small"].artifacts
    return project.store_path / "sha256" / artifact.sha256


def test_what_was_promoted_is_taken_from_the_store(project: Project, spec: ServingSpec) -> None:
    assert promoted_artifacts(spec, project, "prod") == lock.read(project.root / LOCK).models["small"]


def test_the_chain_of_promotions_begins_at_the_stack_that_builds(project: Project, spec: ServingSpec) -> None:
    assert building_stack(spec, project, "prod") == "dev"


def test_a_chain_that_goes_in_a_circle_ends(tmp_path: Path) -> None:
    checkout = make_optimized_checkout(tmp_path)
    add_stacks(checkout)
    change_spec(checkout, "dev", promotion={"source": "prod"})
    circle = Project(checkout.root)

    assert building_stack(read_spec(circle.root, "prod"), circle, "prod") == "dev"


def test_refuses_a_changed_file(project: Project, spec: ServingSpec) -> None:
    model = artifact_folder(project) / "model.onnx"
    model.write_bytes(model.read_bytes() + b"\0")

    with pytest.raises(DigestMismatch, match="differs from the lock's"):
        promoted_artifacts(spec, project, "prod")


def test_a_missing_artifact_that_can_be_built_again_names_the_command(project: Project, spec: ServingSpec) -> None:
    artifact_folder(project).rename(project.root / "away")

    with pytest.raises(ArtifactError, match=r"run `serving optimize --stack dev`, which builds the same bytes"):
        promoted_artifacts(spec, project, "prod")


def test_a_missing_artifact_that_is_built_no_more_says_where_it_may_be(project: Project, spec: ServingSpec) -> None:
    artifact_folder(project).rename(project.root / "away")
    lock.write(project.lock_path, Lock())

    with pytest.raises(ArtifactError, match="check out the commit that locked it"):
        promoted_artifacts(spec, project, "prod")


def test_a_proposal_is_read_by_the_project_as_proposed_only(project: Project, spec: ServingSpec) -> None:
    current = lock_path(spec, project, "prod")
    model = lock.read(current).models["small"]
    newer = model.model_copy(update={"model_sha256": "d" * 64})
    old = current.read_bytes()

    with proposal(spec, project, "prod", newer) as proposed:
        assert not proposed.changes_nothing
        assert current.read_bytes() == old
        judged = lock_path(spec, as_proposed(project, "prod"), "prod")
        assert lock.read(judged).models == {"small": newer}
        proposed.accept()

    assert lock.read(current).models == {"small": newer}
    assert not judged.exists()
    with proposal(spec, project, "prod", newer) as again:
        assert again.changes_nothing
