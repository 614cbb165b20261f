"""The root command. It knows its commands by name and loads the one that is called, so that `--help` stays fast."""

from __future__ import annotations

from importlib import import_module

import click

from didymium import __version__
from didymium.cli.options import Group, debug_option
from didymium.questions.catalogue import QUESTIONS

# Groups and commands with a file of their own. The others are questions of the catalogue.
_OWN_FILES = {
    "brief": "didymium.cli.brief:brief",
    "commitments": "didymium.cli.commitments:commitments",
    "data": "didymium.cli.data:data",
    "measures": "didymium.cli.measures:measures",
    "explain": "didymium.cli.explain:explain",
    "respond": "didymium.cli.respond:respond",
    "plan": "didymium.cli.plan:plan",
    "runs": "didymium.cli.runs:runs",
    "scenario": "didymium.cli.scenario:scenario",
    "serve": "didymium.cli.serve:serve",
}
_ORDER = (
    "brief",
    "serve",
    "exposure",
    "stress",
    "gaps",
    "projects",
    "finance",
    "stocks",
    "recycling",
    "plan",
    "measures",
    "ownership",
    "commitments",
    "respond",
    "backtest",
    "assumptions",
    "data",
    "scenario",
    "runs",
    "explain",
)


class _Root(Group):
    """Looks a command up by its name when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        known = {*_OWN_FILES, *(name for name in QUESTIONS if " " not in name)}
        return sorted(known, key=_ORDER.index)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in _OWN_FILES:
            module, _, name = _OWN_FILES[cmd_name].partition(":")
            found = getattr(import_module(module), name)
            assert isinstance(found, click.Command)
            return found
        if cmd_name in QUESTIONS:
            from didymium.cli.asking import command_of

            return command_of(QUESTIONS[cmd_name])
        return None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            import difflib

            near = difflib.get_close_matches(name, self.list_commands(ctx), n=1, cutoff=0.5)
            hint = f" Did you mean '{near[0]}'?" if near else ""
            ctx.fail(f"No such command '{name}'.{hint}")
        return super().resolve_command(ctx, args)


@click.group(cls=_Root, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="didymium")
@debug_option
@click.pass_context
def root(ctx: click.Context) -> None:
    """Didymium: an open decision system for the security of critical-mineral supply.

    Each command answers one question from the same data and the same model. Start with: didymium brief
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
