"""The claims page: every claim with what was measured, and the notes' statements with their verdicts."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bertlab.markdown import table
from bertlab.teaching import measures
from bertlab.teaching.collect import ClaimRow, collect_claims
from bertlab.teaching.coverage import Finding, audit
from bertlab.teaching.notes import NOTES

Row = dict[str, Any]
_FOLDER = "notebooks"


def claim_rows(root: Path) -> list[Row]:
    """Every claim of the lessons under `root` (the folder that holds `notebooks/`) as a table row."""
    measured = measures.stored(root)
    return [
        {
            "Lesson": row.lesson,
            "Claim": row.id,
            "What holds": row.statement,
            "Expected": row.expect + (" (a time)" if row.timing else ""),
            "Measured": _shown(measured.get(row.id)),
            "Verdict": row.verdict,
            "Source": row.source,
        }
        for row in collect_claims(root / _FOLDER)
    ]


def note_rows(root: Path) -> list[Row]:
    """Every statement of the source notes, with the verdict of each claim that settles it."""
    claims = {row.id: row for row in collect_claims(root / _FOLDER)}
    return [
        {
            "On": note.topic,
            "The notes": note.says,
            "Verdict": _verdict([claims[id] for id in note.claims if id in claims]),
            "What holds": " ".join(claims[id].statement for id in note.claims if id in claims),
            "Claims": ", ".join(note.claims),
        }
        for note in NOTES
    ]


def counts(root: Path) -> Row:
    """The numbers that the course is held to: exercises, misconceptions, claims, coverage of prose."""
    from bertlab.teaching.bank import lesson_bank, lessons_with_banks
    from bertlab.teaching.collect import calls

    paths = sorted((root / _FOLDER).glob("[0-9][0-9]_*.ipynb"))
    banks = [lesson_bank(number) for number in lessons_with_banks()]
    exercises = [exercise for bank, _ in banks for exercise in bank.values()]
    claims = collect_claims(root / _FOLDER)
    known = {row.id for row in claims}
    found = [finding for path in paths for finding in audit(path, known)]
    covers = Counter(finding.cover.partition(":")[0].partition(",")[0] for finding in found)
    settled = [note for note in NOTES if all(id in known for id in note.claims)]
    return {
        "lessons": len(paths),
        "claims": len(claims),
        "claims measured in the stored run": len(known & measures.stored(root).keys()),
        "statements of the notes settled": f"{len(settled)} of {len(NOTES)}",
        "predictions": sum(1 for path in paths for _ in calls(path, "predict")),
        "exercises": len(exercises),
        "misconceptions": sum(len(one.misconceptions) for one in exercises),
        "fewest misconceptions of an exercise": min(len(one.misconceptions) for one in exercises),
        "recap questions": sum(len(questions) for _, questions in banks),
        "statements in prose": len(found),
        "… bound to a claim": covers["claims"],
        "… shown by compared output or set in code": covers["printed"],
        "… naming their source": covers["cited"],
        "… on another stated basis": covers["basis"],
        "uncovered": covers[""],
    }


def uncovered(root: Path, paths: Iterable[Path]) -> list[Finding]:
    """What nothing covers in the prose of the notebooks at `paths`; an empty list is the aim."""
    known = {row.id for row in collect_claims(root / _FOLDER)}
    return [found for path in paths for found in audit(path, known) if not found.cover]


def markdown(root: Path) -> str:
    """The page as Markdown with two tables, for a website or a file."""
    parts = [
        "# Claims",
        "Every claim of the course is measured anew whenever its lesson runs; a run stops where one "
        "no longer holds. Only a claim of *a time*, which depends on the machine, lets a learner's or a "
        "test's run go on and says that it did not hold; the stored run, whose figures are under "
        "*Measured*, stops at those too.",
        "## What the source notes say",
        _table(note_rows(root)),
        "## Every claim",
        _table(claim_rows(root)),
    ]
    return "\n\n".join(parts) + "\n"


def _table(rows: list[Row]) -> str:
    return table([{head: _cell(value) for head, value in row.items()} for row in rows])


def _cell(value: Any) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


def _verdict(claims: list[ClaimRow]) -> str:
    """One word for several claims: the notes are corrected as soon as one of them says so."""
    found = {row.verdict for row in claims}
    for verdict in ("corrected", "it depends", "confirmed"):
        if verdict in found:
            return verdict
    return "awaits its lesson"


def _shown(value: float | bool | str | None) -> str:
    if value is None:
        return ""
    return (
        f"{value:,}"
        if isinstance(value, int | float) and not isinstance(value, bool)
        else str(value)
    )
