"""The one exception that stands for bad input, as opposed to a fault of this program."""


class FpgaEeError(Exception):
    """Input that cannot be used.

    The message is one sentence for the user: it names the file, layer or value and says what to do.
    The command line prints it and ends with exit code 2.
    """
