"""`truceline kibana`: dashboards, data views and rules, written to files or sent to a Kibana."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from pipeline.cli.sheets import many

prefix_option = click.option(
    "--prefix", default="truceline", show_default=True, help="What the indices' names begin with."
)


@click.group("kibana")
def kibana_command() -> None:
    """Dashboards, data views and rules as code."""


@kibana_command.command("install")
@click.option("--url", required=True, envvar="TRUCELINE_KIBANA_URL", help="https://host:5601")
@prefix_option
@click.option("--space", default="", help="A Kibana space; without it the default one.")
@click.option(
    "--ca-file",
    envvar="TRUCELINE_CA_FILE",
    type=click.Path(exists=True, dir_okay=False),
    help="Certificates (PEM) of who signed Kibana's.",
)
@click.option("--no-rules", is_flag=True, help="Leave out the rules and their connector.")
def install_command(url: str, prefix: str, space: str, ca_file: str | None, no_rules: bool) -> None:
    """Send data views, dashboards and rules to a Kibana; what is there from us is replaced.

    Who we are is read from the environment: TRUCELINE_KIBANA_API_KEY, or TRUCELINE_KIBANA_USER
    and TRUCELINE_KIBANA_PASSWORD.
    """
    from pipeline.kibana import bodies, install

    sent = asyncio.run(
        install(
            bodies(prefix),
            url,
            account=_account(),
            space=space,
            ca_file=ca_file,
            rules=not no_rules,
            show=lambda what, name: click.echo(f"  {what:10} {name}"),
        )
    )
    click.echo(f"installed {many(sent, 'object')}")


def _account() -> Any:
    import os

    from pipeline.kibana import Account

    read = os.environ.get
    return Account(
        api_key=read("TRUCELINE_KIBANA_API_KEY"),
        user=read("TRUCELINE_KIBANA_USER"),
        password=read("TRUCELINE_KIBANA_PASSWORD"),
    )


@kibana_command.command("write")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@prefix_option
def write_command(folder: Path, prefix: str) -> None:
    """Write what `install` sends into FOLDER, one JSON file for each object."""
    from pipeline.kibana import bodies

    made = bodies(prefix)
    kinds: Mapping[str, Mapping[str, Any]] = {
        "data-views": made.data_views,
        "dashboards": made.dashboards,
        "connectors": made.connectors,
        "rules": made.rules,
    }
    count = 0
    for kind, objects in kinds.items():
        place = folder / kind
        place.mkdir(parents=True, exist_ok=True)
        for key, body in objects.items():
            text = json.dumps(body, indent=2, ensure_ascii=False) + "\n"
            (place / f"{key}.json").write_text(text, "utf-8")
            count += 1
    click.echo(f"wrote {many(count, 'file')} to {folder}")
