"""The command line: `truceline COMMAND`. Every command has `--help`; most have `--json`.

Exit codes
    0    done
    1    done, but something asked for is missing or failed (no feed answered, nothing found)
    2    the command line, a configuration file or an input file is wrong
    3    the store cannot be used, or there is none yet
    4    another process does this work now
    130  interrupted
"""

from __future__ import annotations

import importlib
import io
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType
from typing import Any

import click

from pipeline.errors import ConfigError, LeaseHeld, StoreError, TrucelineError

# command -> module that defines it; in the order of `--help`. A module loads when its command runs.
COMMANDS = {
    "init": ("watching", "Write a commented configuration to a folder."),
    "run": ("watching", "Collect, read, compare and tell once; print what was found."),
    "watch": ("watching", "Do that for ever and print alerts as they come."),
    "demo": ("demo", "A week of a fictional crisis, taken through the very same path."),
    "search": ("asking", "Who said what: by speaker, party, act, agency, outlet, time, words."),
    "show": ("asking", "One claim with its chain, words and everything said about it."),
    "alerts": ("asking", "Alerts, newest first, or one with its receipt."),
    "ack": ("judging", "Say that an alert was seen."),
    "feedback": ("judging", "Judge an alert, or count the judgements by rule and act."),
    "mute": ("judging", "Store alerts of a rule, topic, party or story without sending them."),
    "label": ("judging", "Turn stored articles into gold files to correct."),
    "positions": ("asking", "The ledger: who holds what, since when, on whose word."),
    "contradictions": ("asking", "Claims of different parties that cannot both hold."),
    "reactions": ("reacting", "Who was addressed, who answered, after how long; who is silent."),
    "ceasefire": ("ceasefires", "The ceasefire on each front: who announced, broke, ended it."),
    "coverage": ("asking", "Which feeds are alive, late, silent or failing."),
    "feeds": ("feeds", "List, check, add, import and export feeds."),
    "topics": ("topics", "Check topics; back-test a topic or rule on stored articles."),
    "rules": ("rules", "Back-test a rule on the stored past."),
    "parse": ("files", "Read feed files; say what each one holds."),
    "extract": ("files", "Extract the claims of text files."),
    "eval": ("evaluating", "Score extraction on gold sets; compare with an earlier run."),
    "compare": ("files", "Decide what is new in a stream of statements."),
    "import": ("upkeep", "Seed the ledger from an archive: JSONL of articles, or a list of URLs."),
    "reprocess": ("upkeep", "Extract and compare stored articles again; never alerts."),
    "replay": ("upkeep", "Send again what a channel gave up on."),
    "export": ("exporting", "Write claims as JSONL or CSV."),
    "retention": ("upkeep", "Delete stored article text as the settings say."),
    "store": ("storing", "What the store holds; copy it to a file or a cluster."),
    "kibana": ("kibana", "Dashboards, data views and rules into a Kibana."),
    "doctor": ("upkeep", "Check configuration, store, model and channels."),
}


class Lazy(click.Group):
    """A group that knows its commands' names and one-liners without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of one command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"pipeline.cli.{COMMANDS[cmd_name][0]}")
        command = getattr(module, f"{cmd_name}_command")
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; a reader that went away (`| head`) ends it, and is no fault."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            _discard_output()
            return 0


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="truceline")
def cli() -> None:
    """Watch the news for who says what about a conflict, on whose word, and whether it is new."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit; our own errors end in one clear line and an exit code."""
    _take_any_text()
    signal.signal(signal.SIGTERM, _terminate)
    sys.exit(_code_of(arguments))


def _code_of(arguments: Sequence[str] | None) -> int:
    try:
        code = cli(arguments, prog_name="truceline", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return 130
    except TrucelineError as error:
        click.echo(f"error: {error}", err=True)
        return exit_code(error)
    except BrokenPipeError:
        _discard_output()
        return 0
    except OSError as error:
        where = error.filename or "cannot write the output"
        click.echo(f"error: {where}: {error.strerror or error}", err=True)
        if not error.filename:
            _discard_output()
        return 1
    return code if isinstance(code, int) else 0


def exit_code(error: TrucelineError) -> int:
    """Return the exit code of an error; see the top of this module."""
    match error:
        case ConfigError():
            return 2
        case LeaseHeld():
            return 4
        case StoreError():
            return 3
        case _:
            return 1


def _take_any_text() -> None:
    """Let no character that the terminal's encoding lacks end a command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _terminate(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _discard_output() -> None:
    """Send what is still buffered nowhere, or the interpreter complains when it ends."""
    with suppress(io.UnsupportedOperation):  # a stream without a file behind it
        out = sys.stdout.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, out)
        os.close(nowhere)
