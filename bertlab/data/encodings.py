"""In which encoding a text file is written, found out from its bytes."""

import codecs
import re
from pathlib import Path

from bertlab.errors import BertlabError

_BLOCK = 1 << 20
_MARKS = (  # UTF-32's mark begins with UTF-16's, so it is asked for first
    (codecs.BOM_UTF8, "utf-8-sig", ""),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_NOT_TEXT = {
    b"PK\x03\x04": "a zip archive, as .xlsx and .ods are",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\x1f\x8b": "a gzip archive",
    b"%PDF": "a PDF",
    b"PAR1": "a Parquet file",
}
_BAD = re.compile("[\udc80-\udcff]")  # bytes that are no UTF-8, as `surrogateescape` shows them
_ASCII = re.compile("[\x00-\x7f]+")
_PRINTED = re.compile("[\udc80-\udc9f]")  # dashes and quotes in Windows-1252, controls in Latin-1
_HOLES = re.compile("[\udc81\udc8d\udc8f\udc90\udc9d]")  # nothing in Windows-1252


def detect(path: Path) -> tuple[str, str]:
    """(Python's name of the encoding, what to tell about it); nothing is told of plain UTF-8.

    The whole file is read once, block by block: one Latin-1 letter may stand in the last line.

    Raises BertlabError for an empty file, a file that is no text, and UTF-8 with damaged bytes.
    """
    with open(path, "rb") as file:
        head = file.read(4096)
    if not head:
        raise BertlabError(f"{path.name} with 0 bytes", "a CSV file", "Save or copy it again.")
    for magic, kind in _NOT_TEXT.items():
        if head.startswith(magic):
            raise BertlabError(
                f"{kind}, in {path.name}",
                "a text file of comma-separated values",
                'Open it where it was made and save it as "CSV UTF-8".',
            )
    for mark, encoding, name in _MARKS:
        if head.startswith(mark):
            return encoding, f"read as {name}" if name else "a byte-order mark, taken off"
    if wide := _wide(head):
        return wide, "read as UTF-16, though it has no byte-order mark"
    return _narrow(path)


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark: in Western text nearly every other byte is 0."""
    pairs = len(head) // 2
    high, low = head[0 : 2 * pairs : 2].count(0), head[1 : 2 * pairs : 2].count(0)
    if pairs >= 4 and max(high, low) > 0.6 * pairs and min(high, low) < 0.1 * pairs:
        return "utf-16-be" if high > low else "utf-16-le"
    return None


def _narrow(path: Path) -> tuple[str, str]:
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    good = bad = printed = holes = lines = 0
    first_bad = None
    with open(path, "rb") as file:
        while block := file.read(_BLOCK):
            if block.isascii() and not decoder.getstate()[0]:
                lines += block.count(b"\n")
                continue
            text = decoder.decode(block)
            found = len(_BAD.findall(text))
            if found:
                printed += len(_PRINTED.findall(text))
                holes += len(_HOLES.findall(text))
                first_bad = first_bad or lines + text.count("\n", 0, _BAD.search(text).start()) + 1
            good += len(_ASCII.sub("", text)) - found
            bad += found
            lines += text.count("\n")
    tail = decoder.decode(b"", final=True)
    bad += len(tail)
    first_bad = first_bad or lines + 1
    if not bad:
        return "utf-8", ""
    if good > bad:
        raise BertlabError(
            f"{bad:,} damaged byte{'s' * (bad > 1)} in {path.name}, first in line {first_bad:,}, and {good:,} whole "
            "characters of UTF-8",
            "UTF-8 throughout",
            "Save it again as UTF-8, or mend that line.",
        )
    if printed and not holes:
        return "cp1252", "read as Windows-1252: it is not UTF-8"
    return "latin-1", "read as Latin-1: it is not UTF-8"
