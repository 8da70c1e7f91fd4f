"""Identifiers: two digits for the lesson, then lower-case words, such as `01-pipe-beats-loop`."""

import re

from bertlab.errors import BertlabError


def lesson_of(id: str) -> str:
    """The lesson that an identifier belongs to: `"01"` for `"01-pipe-beats-loop"`.

    Raises: BertlabError when the identifier has another form.
    """
    if not isinstance(id, str) or not re.fullmatch(r"\d\d(-[a-z0-9]+)+", id):
        raise BertlabError(
            f"the identifier {id!r}",
            "one such as '01-pipe-beats-loop'",
            "Begin with the lesson's two digits, then lower-case words joined by hyphens.",
        )
    return id[:2]
