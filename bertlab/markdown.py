"""A table in Markdown."""

from collections.abc import Mapping, Sequence


def table(rows: Sequence[Mapping[str, object]], figures: bool = False) -> str:
    """Rows under the keys of the first one; `figures` sets all columns but the first flush right.

    Cells stand as they are: escape bars where they may occur. No newline at the end.
    """
    heads = list(rows[0])
    rule = ["---", *["--:" if figures else "---"] * (len(heads) - 1)]
    lines = [heads, rule, *([str(row[head]) for head in heads] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
