"""Finding the sentences of a text that state a number or a comparison, which may turn out untrue.

The rule is of typography and grammar, so it errs on both sides. It takes numbers in digits, large and
fractional number words, small ones that measure ("three times", "one in five"), and comparisons
("faster", "than", "most"). It lets pass what asserts nothing: code, quotations, questions, and the
numbers of lessons, sections, years and error codes. Small counts in words ("two games") are language.
"""

import ast
import re
from typing import NamedTuple

_SMALL = "two three four five six seven eight nine ten eleven twelve".split()
_WORTH = {word: float(n) for n, word in enumerate(_SMALL, 2)}
_WORTH |= {"thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17}
_WORTH |= {"eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50}
_WORTH |= {"sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "dozen": 12, "twice": 2}
_WORTH |= {"hundred": 100, "thousand": 1e3, "million": 1e6, "billion": 1e9, "half": 0.5}
_SCALE = {"thousand": 1e3, "million": 1e6, "billion": 1e9}

_SMALLS = "|".join(_SMALL)
_LARGE = "|".join(word for word in _WORTH if word not in _SMALL)
_UNIT = r"(?:times|fold|seconds?|minutes?|hours?|days?|weeks?|bytes?|bits?|nats?|per ?cent|points?)"
_NUMBER = re.compile(
    rf"""(?P<digits>(?<![\w#])\d[\d,]*(?:\.\d+)?)(?P<scale>\ (?:{"|".join(_SCALE)}))?(?P<share>\ ?%)?
    | \b(?P<word>{_LARGE})s?\b | \b(?:{_SMALLS}|hundred|thousand)-?fold\b | \bthrice\b | \bhalves\b
    | \b(?:doubl|tripl|quadrupl)(?:es|ed|ing|e\ (?:it|that|the))\b | \bper\ ?cent\b
    | \b(?:a|one|{_SMALLS}|every)[\ -](?:third|quarter|fifth|sixth|eighth|tenth|hundredth|fiftieth)s?\b
    | \b(?:one|{_SMALLS})(?:\ [\w-]+){{0,3}}\ in\ (?:{_SMALLS}|twenty|a\ (?:hundred|thousand|million))\b
    | \b(?:about|nearly|almost|roughly|over|under|some)\ (?P<near>{_SMALLS})\b
    | \b(?P<small>{_SMALLS})[ -]{_UNIT}\b""",
    re.VERBOSE | re.IGNORECASE,
)
_ADJECTIVES = (
    "fast slow larg small bigg high low long short cheap dear strong weak few great rich poor hard "
    "eas deep wid quick clos thick thin light heav wis clever lean rar dens tight loos simpl broad"
).split()
_COMPARISON = re.compile(
    rf"""(?<!rather\ )(?<!other\ )\bthan\b
    | (?<!no\ )(?<!any\ )\b(?:{"|".join(_ADJECTIVES)})i?(?:er|est)\b(?!-)
    | \b(?:better|best|worse|worst|fewer|fewest|beats?|outperforms?|outruns?|exceeds?)\b
    | (?<!once\ )(?<!any\ )(?<!no\ )(?<!one\ )(?<!two\ )(?<!four\ )\bmore\b(?!\ (?:that\ you|or\ less)\b)
    | \bless\b | (?<!at\ )\b(?:most|least)\b
    | \bas\ (?!soon|long|well|far|if|it|they|you|we|one|the|in|a\b|an\b|much\b)\w+\ as\b
    | \bas\ (?:many|much|large|small|often|few)\ \w+\ as\b | \b(?:several|many|few)\ times\ (?:as|the)\b
    | \bequally\ \w+ | \b(?:superior|inferior|majority|surpass(?:es)?|outnumbers?)\b""",
    re.VERBOSE | re.IGNORECASE,
)
_NO_FIGURES = re.compile(  # numbers that name something instead of measuring it
    r"""§+\s?[\d.]+(?:\ and\ §?[\d.]+)? | arXiv[:\ ]?[\d.]+ | \b(?:19|20)\d\d\b | \b[EW]\d{3,4}\b
    | \b[Ll]essons?\ \d\d(?:(?:,|\ to|\ and|,\ and)\ \d\d)* | \d\d(?:\ →\ \d\d)+
    | \b(?:[Ss]ections?|[Ss]tep|[Cc]ell|[Ll]ecture|[Cc]hapter|ch\.|[Ff]igure|[Tt]able|[Tt]ask)\ \#?\d+
    | \b[Aa]ppendix\ [A-D][.\d]* | \b(?:Repair|Claim|Patient|Fault|Rule)\ \d | \bCVE-[\d-]+
    | \b(?:UTF-|b?float|int|Python\ |NLTK\ |spaCy\ |Apache\ |CC\ BY\ )[\d.]+ | \b\d\w*(?:st|nd|rd|th)\b
    | \b\d+\.\d+\.\d+\b | \b\d{1,2}\ (?:January|February|March|April|May|June|July)\b
    | \b\d{1,2}\ (?:August|September|October|November|December)\b
    | \bhalf-(?=\w)|\bhalf\ way|\bdouble-(?=\w)|\bdouble\ (?=blank|quote|space)""",
    re.VERBOSE,
)
_CODE = re.compile(r"(`+)(?:.+?)\1", re.DOTALL)
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|https?://\S+")
_QUOTED = re.compile(r"“[^”]*”|(?<!\w)\"[^\"]{1,300}\"")
_CITED = re.compile(
    r"""\bet\ al\.|§|\barXiv\b|\b[Aa]ppendix\ [A-D]\b|\b[Tt]he\ paper(?:'s|’s)?\b|\bCVE-
    |\b[Dd]ocumentation\b|\([A-Z][^()]*\b(?:19|20)\d\d\b[^()]*\)|\b(?:19|20)\d\d,?\ \*[A-Z]""",
    re.VERBOSE,
)


class Statement(NamedTuple):
    """A sentence that states something. `numbers`: their worth, None where it has no one value."""

    text: str
    numbers: tuple[float | None, ...]
    compares: bool
    cited: bool  # it names its source


def statements(passage: str) -> list[Statement]:
    """The sentences of a Markdown passage (one block, no code block) that state something."""
    from bertlab.text.sentences import split_sentences

    flat = " ".join(_LINK.sub(r"\1", _CODE.sub("◇", passage)).split())
    found = []
    for sentence in split_sentences(flat.replace("**", "")):
        asserted = _QUOTED.sub("◇", sentence.text)
        if asserted.rstrip(' "”)*:').endswith("?"):
            continue
        bare = _NO_FIGURES.sub("◇", asserted)
        numbers = tuple(_worth(match) for match in _NUMBER.finditer(bare))
        compares = _COMPARISON.search(asserted.replace("*", "")) is not None
        if numbers or compares:
            cited = _CITED.search(asserted) is not None
            found.append(Statement(sentence.text, numbers, compares, cited))
    return found


def _worth(match: re.Match) -> float | None:
    if digits := match["digits"]:
        scale = _SCALE[match["scale"].strip().lower()] if match["scale"] else 1
        return float(digits.replace(",", "")) * scale
    word = match["word"] or match["near"] or match["small"]
    return _WORTH[word.lower()] if word else None


def numbers_in(text: str) -> set[float]:
    """Every number that a text prints, thousands separators and all."""
    plain = re.findall(r"\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?", text)
    return {float(number.replace(",", "").rstrip(".")) for number in plain}


def numbers_of_code(source: str) -> set[float]:
    """Every number that Python source sets; none of those in its comments and strings."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return set()
    constants = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {float(value) for value in constants if isinstance(value, int | float)}


def told(number: float | None, printed: set[float]) -> bool:
    """Whether `number` is among `printed`: exactly, as a percentage, or rounded to two digits or more."""
    if number is None:
        return False
    digits = len(f"{number:g}".split("e")[0].replace(".", "").strip("0"))
    for one in printed:
        if number in (one, 100 * one):
            return True
        if digits >= 2 and one and float(f"{one:.{digits - 1}e}") == number:
            return True
    return False
