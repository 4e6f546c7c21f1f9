"""`serving build-job`."""

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from optimizers import hardware
from optimizers.errors import ArtifactError, InvalidArgs, Issue
from optimizers.store import ArtifactStore
from stacks.arguments import model_source, optimization_goal
from stacks.cli.build_progress import build_progress
from stacks.cli.console import print_json, say
from stacks.cli.context import open_stack

if TYPE_CHECKING:
    from stacks.build_job_files import BuildJobs


def run(  # noqa: PLR0913 - each is an option of the command
    stack: str,
    *,
    as_json: bool,
    out: Path | None,
    namespace: str,
    claim: str,
    image: str | None,
    node_selector: tuple[str, ...],
    groups: tuple[int, ...],
) -> None:
    """
    Write a folder for each candidate that a node builds, and say what to do with it.

    Raises:
        InvalidArgs: The stack is for a main processor, or a label is not LABEL=VALUE.
        ArtifactError: No candidate could be prepared.
    """
    from stacks.build_job_files import BuildJobs
    from stacks.build_jobs import write_build_jobs

    context = open_stack(stack)
    project, name = context.project, context.spec.name
    jobs = BuildJobs(name, namespace, claim, image, _labels(node_selector), groups)
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
        for line in commands(jobs, folder.absolute(), item.candidate):
            say(f"  {line}")
    say("build-job: what a node builds is compared with nothing: compare its answers with the original's")


def commands(jobs: "BuildJobs", folder: Path, candidate: str) -> tuple[str, ...]:
    """
    Return what a shell runs for one candidate: copy its files into the volume, build, and copy the result back.

    The pod that copies ends before the Job starts, since a volume of one node may be held by it on another.
    """
    from components.build_job.manifests import COPY_MOUNT, DEADLINE_S
    from stacks.build_job_files import CLAIM_FILE, COPY_FILE, JOB_FILE

    kubectl, pod = f"kubectl -n {quote(jobs.namespace)}", jobs.copy_pod
    remote, local = f"{COPY_MOUNT}/{jobs.name}", folder / candidate
    copy = quote(str(folder / COPY_FILE))
    start = f"{kubectl} apply -f {copy} && {kubectl} wait --for=condition=Ready pod/{pod}"
    return (
        f"{kubectl} apply -f {quote(str(folder / CLAIM_FILE))} && {start}",
        f"{kubectl} exec {pod} -- mkdir -p {remote} && {kubectl} cp {quote(str(local))} {pod}:{remote}",
        f"{kubectl} delete pod {pod} && {kubectl} apply -f {quote(str(local / JOB_FILE))}",
        f"{kubectl} wait --for=condition=Complete --timeout={DEADLINE_S}s job/{jobs.name}-{candidate} && {start}",
        f"{kubectl} cp {pod}:{remote}/{candidate}/output {quote(str(local / 'output'))} && {kubectl} delete pod {pod}",
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
