"""The exception for bad input, as opposed to a fault of this program."""


class FpgaEeError(Exception):
    """Input that cannot be used.

    The message is one sentence for the user: it names the file, layer or value, and the remedy.
    The command line prints it and ends with exit code 2.
    """


class NamedError(FpgaEeError):
    """Bad input that has a name; callers that know the thing by another name take the reason alone.

    Attributes:
        subject: The name of the layer or node.
        reason: The rest of the message.
    """

    def __init__(self, subject: str, rest: str) -> None:
        """Make the message.

        Args:
            subject: The name of the layer or node.
            rest: The rest of the message, from the character that follows the name.
        """
        super().__init__(subject + rest)
        self.subject = subject
        self.reason = rest.lstrip(": ")
