"""The exception for bad input, as opposed to a fault of this program."""


class FpgaEeError(Exception):
    """Input that cannot be used.

    The message is one sentence for the user: it names the file, layer or value, and the remedy.
    The command line prints it and ends with exit code 2.
    """
