"""
The command `serving`.

Exit codes: 0 done · 1 unexpected · 2 invalid spec or arguments · 3 a policy refuses · 4 no plan satisfies the spec ·
5 model or artifact unusable · 6 an extra is missing · 7 deployment not healthy · 8 another command holds the stack ·
130 interrupted.

Each command imports what it runs when it runs, so that `--help` and previews stay fast.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from stacks.cli.exit import run_and_exit
from stacks.cli.json_destination import JsonToFile
from stacks.cli.prices_app import prices_app

app = typer.Typer(
    name="serving",
    help="Take a trained model from file to a running, optimized, budget-checked endpoint.",
    epilog="Start with: serving up\n\nExit codes: 0 done, 1 unexpected, 2 invalid spec or arguments, 3 policy refuses, "
    "4 no plan, 5 model or artifact, 6 missing extra, 7 not healthy, 8 busy, 130 interrupted.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.add_typer(prices_app, name="prices")

Stack = Annotated[str, typer.Option("--stack", "-s", help="The stack: stacks/Pulumi.STACK.yaml.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout and nothing else there.")]

Offline = Annotated[
    bool, typer.Option("--offline", help="Compare with the last state, without any cloud or cluster; see no drift.")
]


@app.command()
def validate(stack: Stack = "local", json: Json = False) -> None:
    """Check the stack's spec; every broken rule is listed."""
    from stacks.cli import validate as command

    command.run(stack, as_json=json)


@app.command()
def schema(
    policies: Annotated[bool, typer.Option("--policies", help="Of stacks/policies.STACK.json, the limits.")] = False,
    review: Annotated[bool, typer.Option("--review", help="Of the document that a preview writes.")] = False,
    check: Annotated[Path | None, typer.Option("--check", help="Fail if FILE is not this schema.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write to FILE instead of stdout.")] = None,
) -> None:
    """Print the JSON Schema of a stack file, of its policies' limits, or of a review."""
    from stacks.cli import schema as command

    command.run(policies=policies, review=review, check=check, out=out)


@app.command()
def optimize(
    stack: Stack = "local",
    json: Json = False,
    force: Annotated[bool, typer.Option("--force", help="Build and measure again even if nothing changed.")] = False,
    budget_seconds: Annotated[
        float | None,
        typer.Option(
            "--budget-seconds",
            min=1,
            help="Wall time for it all; the most promising is built first, the rest is not tried. Default: as in the spec.",
        ),
    ] = None,
) -> None:
    """Build, check and measure optimized artifacts; write artifacts.lock.json."""
    from stacks.cli import optimize as command

    command.run(stack, as_json=json, force=force, budget_seconds=budget_seconds)


@app.command()
def build_job(
    stack: Stack = "local",
    json: Json = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder instead of .model-serving/build-jobs/MODEL.")
    ] = None,
    namespace: Annotated[str, typer.Option("--namespace", help="Of the Jobs.")] = "default",
    claim: Annotated[
        str, typer.Option("--claim", help="Claim of the volume that the folders are copied to.")
    ] = "model-builds",
    image: Annotated[
        str | None, typer.Option("--image", help="Instead of the vendor's, such as NAME@sha256:DIGEST.")
    ] = None,
    node_selector: Annotated[
        list[str] | None, typer.Option("--node-selector", metavar="LABEL=VALUE", help="Nodes must have it; repeatable.")
    ] = None,
    group: Annotated[
        list[int] | None,
        typer.Option("--group", min=1, help="Number of a group that owns the accelerator's device files; repeatable."),
    ] = None,
) -> None:
    """Write Kubernetes Jobs that build the model on nodes with the stack's accelerator, and all that they read."""
    from stacks.cli import build_job as command

    command.run(
        stack,
        as_json=json,
        out=out,
        namespace=namespace,
        claim=claim,
        image=image,
        node_selector=tuple(node_selector or ()),
        groups=tuple(group or ()),
    )


@app.command()
def report(
    stack: Stack = "local",
    json: Json = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write to FILE instead of .model-serving/reports/MODEL.html.")
    ] = None,
    opens: Annotated[bool, typer.Option("--open", help="Show the page in a browser.")] = False,
) -> None:
    """Write a page with everything that was tried, measured and refused; it needs no other file and no network."""
    from stacks.cli import report as command

    command.run(stack, as_json=json, out=out, opens=opens)


@app.command()
def package(
    platform: Annotated[
        str,
        typer.Option(
            "--platform", metavar="NAME", help="triton, torchserve, tensorflow-serving, bentoml, seldon or vllm."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="A new folder, which the server is pointed at.")],
    stack: Stack = "local",
    json: Json = False,
    sign_key: Annotated[
        Path | None,
        typer.Option(
            "--sign-key",
            metavar="FILE",
            help="Sign with this private key (PEM). Its password: MODEL_SERVING_SIGN_PASSWORD, or asked for.",
        ),
    ] = None,
    sigstore: Annotated[
        bool, typer.Option("--sigstore", help="Sign with your identity instead of a key; needs Sigstore's servers.")
    ] = False,
) -> None:
    """Lay the chosen artifact out for a serving platform, with digests, provenance and a signature."""
    from stacks.cli import package as command

    sign = command.signer(sign_key, sigstore=sigstore)
    command.run(stack, platform, out, sign, as_json=json)


@app.command()
def verify(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that `serving package` wrote.")],
    json: Json = False,
    public_key: Annotated[
        Path | None, typer.Option("--public-key", metavar="FILE", help="Who should have signed it: a public key (PEM).")
    ] = None,
    identity: Annotated[
        str, typer.Option("--identity", help="Who should have signed it with Sigstore: an e-mail or a workflow.")
    ] = "",
    issuer: Annotated[str, typer.Option("--issuer", help="Who vouched for the identity: an OpenID issuer.")] = "",
) -> None:
    """Check a package: every file against its digest, and the signature."""
    from stacks.cli import verify as command

    command.run(folder, as_json=json, public_key=public_key, identity=identity, issuer=issuer)


@app.command()
def plan(
    stack: Stack = "local",
    json: Json = False,
    quick: Annotated[
        bool,
        typer.Option(
            "--quick",
            help="Choose machines by formula alone, simulating nothing: a first look that `up` never records.",
        ),
    ] = False,
) -> None:
    """Show every decision and predicted number, each with its basis."""
    from stacks.cli import plan as command

    command.run(stack, as_json=json, quick=quick)


@app.command(cls=JsonToFile)
def preview(
    stack: Stack = "local",
    json: Annotated[
        str,
        typer.Option("--json", metavar="[FILE]", help="Write the review as JSON; without FILE, stdout holds it alone."),
    ] = "",
    markdown: Annotated[
        Path | None, typer.Option("--markdown", metavar="FILE", help="Write the review as a comment on a pull request.")
    ] = None,
    offline: Offline = False,
    state: Annotated[
        Path | None,
        typer.Option("--state", metavar="FILE", help="The last state as `pulumi stack export` wrote it; offline only."),
    ] = None,
) -> None:
    """Show what `up` would change and what the policies say; change nothing."""
    from stacks.cli import preview as command

    command.run(stack, json_to=json, markdown_file=markdown, offline=offline, state_file=state)


@app.command()
def comment(
    review: Annotated[Path | None, typer.Argument(metavar="FILE", help="The document of a preview.")] = None,
    silent_below_usd: Annotated[
        float,
        typer.Option("--silent-below-usd", min=0, help="Create no comment if the month's cost changes by less."),
    ] = 0,
    pull_request: Annotated[
        int | None,
        typer.Option("--pull-request", min=1, help="Its number. Default: the one that started the workflow."),
    ] = None,
    failed: Annotated[
        int | None,
        typer.Option("--failed", metavar="CODE", min=1, max=255, help="Instead of FILE: how a preview ended."),
    ] = None,
    stack: Annotated[str | None, typer.Option("--stack", help="The stack of the preview that failed.")] = None,
) -> None:
    """Write a review as the one comment on a pull request of GitHub; the token is GITHUB_TOKEN."""
    from stacks.cli import comment as command

    if failed is not None and review is None and stack:
        command.run_failed(stack, failed, pull_request=pull_request)
    elif review is not None and failed is None and stack is None:
        command.run(review, pull_request=pull_request, silent_below_usd=silent_below_usd)
    else:
        raise typer.BadParameter("either FILE, or `--failed CODE --stack STACK`", param_hint="'FILE'")


@app.command()
def up(stack: Stack = "local", json: Json = False) -> None:
    """Optimize, plan, check the policies and deploy."""
    from stacks.cli import up as command

    command.run(stack, as_json=json)


@app.command()
def promote(
    source: Annotated[str, typer.Argument(help="The stack that runs what is promoted.")],
    target: Annotated[str, typer.Argument(help="The stack whose spec names SOURCE as `promotion.source`.")],
    json: Json = False,
    yes: Annotated[bool, typer.Option("--yes", help="Write the lock without asking.")] = False,
) -> None:
    """Give TARGET the locked artifacts that SOURCE runs: show the diff, judge the budgets, write TARGET's lock."""
    from stacks.cli import promote as command

    command.run(source, target, yes=yes, as_json=json)


@app.command()
def refresh(stack: Stack = "local", json: Json = False) -> None:
    """Compare what runs with the state; a crashed server shows as drift that `up` repairs."""
    from stacks.cli import refresh as command

    command.run(stack, as_json=json)


@app.command()
def outputs(stack: Stack = "local", json: Json = False) -> None:
    """Print the outputs of the stack."""
    from stacks.cli import outputs as command

    command.run(stack, as_json=json)


@app.command()
def bench(
    stack: Stack = "local",
    json: Json = False,
    rates: Annotated[
        str, typer.Option("--rates", help="Requests a second, comma-separated. Default: steps up to the capacity.")
    ] = "",
    seconds: Annotated[float, typer.Option("--seconds", min=1, max=600, help="Length of each step.")] = 10,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the arrival times and inputs.")] = 1,
    out: Annotated[Path, typer.Option("--out", help="Folder for the JSON and the plot.")] = Path("benchmarks/out"),
) -> None:
    """Load the running endpoint at given rates and compare its latency with the prediction."""
    from stacks.cli import bench as command

    command.run(stack, as_json=json, rates=rates, seconds=seconds, seed=seed, out=out)


@app.command()
def logs(
    stack: Stack = "local",
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="Last lines to print.")] = 20,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on printing until Ctrl-C.")] = False,
) -> None:
    """Print the endpoint's log: one JSON object a line."""
    from stacks.cli import logs as command

    command.run(stack, lines=lines, follow=follow)


@app.command()
def down(stack: Stack = "local", json: Json = False) -> None:
    """Stop what the stack runs and empty its state."""
    from stacks.cli import down as command

    command.run(stack, as_json=json)


@app.command()
def engine(
    export: Annotated[bool, typer.Option("--export", help="Print `export` lines for plain `pulumi` commands.")] = False,
) -> None:
    """Say which Pulumi engine is used."""
    from stacks.cli import engine as command

    command.run(export=export)


def main() -> None:
    """Run the command line and exit with a documented code."""
    run_and_exit(app, sys.argv[1:])
