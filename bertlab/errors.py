"""The one error that bertlab raises for bad input, and the one kind of it that a search passes over."""


class BertlabError(ValueError):
    """Bad input, told in one line: what was found, what was wanted, what to do.

    >>> raise BertlabError("a file of 0 bytes", "a safetensors file", "Download it again.")
    Traceback (most recent call last):
    bertlab.errors.BertlabError: found a file of 0 bytes; wanted a safetensors file. Download it again.
    """

    def __init__(self, found: str, wanted: str, remedy: str):
        self.found, self.wanted, self.remedy = found, wanted, remedy
        super().__init__(f"found {found}; wanted {wanted}. {remedy}")

    def __reduce__(self):  # an exception with three arguments crosses process borders only so
        return type(self), (self.found, self.wanted, self.remedy)


class Diverged(BertlabError):
    """A training whose loss is no finite number any more: its config is at fault, not its data."""
