"""The commands `serving prices …`."""

from pathlib import Path
from typing import Annotated

import typer

prices_app = typer.Typer(
    help="Show, check and refresh what machines cost.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout and nothing else there.")]


@prices_app.command()
def show(
    service: Annotated[str, typer.Option("--service", help="One service only: ec2, sagemaker-hosting, …")] = "",
    region: Annotated[str, typer.Option("--region", help="One region only: us-east-1, us-central1, …")] = "",
    name: Annotated[str, typer.Option("--type", help="One type only: g5.xlarge, ml.g5.xlarge, …")] = "",
    json: Json = False,
) -> None:
    """Show the catalog: what an hour of each machine costs, and of which day the price is."""
    from stacks.cli import prices_show as command

    command.run(service=service, region=region, name=name, as_json=json)


@prices_app.command()
def check(json: Json = False) -> None:
    """Check every price; wrong ones fail, old ones warn."""
    from stacks.cli import prices_check as command

    command.run(as_json=json)


@prices_app.command()
def refresh(
    source: Annotated[
        Path | None,
        typer.Option(
            "--from", help="Downloaded price lists: a file, or a folder of .json files. Default: the network."
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Write without asking.")] = False,
    json: Json = False,
) -> None:
    """Read the providers' price lists, show what changes and write prices.csv; types are added by hand."""
    from stacks.cli import prices_refresh as command

    command.run(source=source, yes=yes, as_json=json)
