"""`serving build-job`."""

from pathlib import Path

from optimizers import hardware
from optimizers.errors import ArtifactError, InvalidArgs, Issue
from optimizers.store import ArtifactStore
from stacks.arguments import model_source, optimization_goal
from stacks.cli.build_progress import build_progress
from stacks.cli.console import print_json, say
from stacks.cli.context import open_stack


def run(  # noqa: PLR0913 - each is an option of the command
    stack: str,
    *,
    as_json: bool,
    out: Path | None,
    namespace: str,
    claim: str,
    image: str | None,
    node_selector: tuple[str, ...],
) -> None:
    """
    Write a folder for each candidate that a node builds, and say what to do with it.

    Raises:
        InvalidArgs: The stack is for a main processor, or a label is not LABEL=VALUE.
        ArtifactError: No candidate could be prepared.
    """
    from stacks.build_job_files import CLAIM_FILE, JOB_FILE, BuildJobs
    from stacks.build_jobs import write_build_jobs

    context = open_stack(stack)
    project, name = context.project, context.spec.name
    jobs = BuildJobs(name, namespace, claim, image, _labels(node_selector))
    folder = out or project.private / "build-jobs" / name
    with build_progress() as shown:
        written = write_build_jobs(
            model_source(context.spec, project.root),
            optimization_goal(context.spec),
            hardware.detect(),
            ArtifactStore(project.store_path),
            jobs,
            folder,
            shown,
        )
    if not any(item.folder for item in written):
        reasons = "; ".join(f"{item.candidate}: {item.reason}" for item in written)
        raise ArtifactError(f"nothing can be built on a node ({reasons}); correct the model")
    if as_json:
        print_json(
            {
                "builds": [
                    {
                        "candidate": item.candidate,
                        "folder": str(item.folder.absolute()) if item.folder else None,
                        "reason": item.reason,
                    }
                    for item in written
                ]
            }
        )
        return
    for item in written:
        if item.folder is None:
            say(f"build-job: {item.candidate}: {item.reason}")
            continue
        say(f"build-job: wrote {item.folder}")
        say(
            f"  next: `kubectl apply -f {item.folder / CLAIM_FILE}`, copy the folder into the volume as `{item.candidate}`, "
            f"then `kubectl apply -f {item.folder / JOB_FILE}`; the result is in `{item.candidate}/output`"
        )


def _labels(given: tuple[str, ...]) -> dict[str, str]:
    labels = dict[str, str]()
    for item in given:
        name, equals, value = item.partition("=")
        if not (name and equals and value):
            raise InvalidArgs(
                "the command line",
                (Issue("--node-selector", f"`{item}`", "it is a label and its value", "write `LABEL=VALUE`"),),
            )
        labels[name] = value
    return labels
