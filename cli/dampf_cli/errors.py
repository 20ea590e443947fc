"""How a command ends early: with one clear line on stderr, never a traceback."""


class CommandError(Exception):
    """A finding: the command was understood and could not be done. Ends with 1."""

    exit_code = 1


class WrongUse(CommandError):
    """The command cannot be understood as given: no such file, an instant that is none. Ends with 2."""

    exit_code = 2
