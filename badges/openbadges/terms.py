"""RDF terms as canonical N-Quads writes them: literals, numbers and complete IRIs (RDFC-1.0, 5)."""

import re
from typing import Final

XSD: Final = "http://www.w3.org/2001/XMLSchema#"
XSD_STRING: Final = f"{XSD}string"
XSD_DOUBLE: Final = f"{XSD}double"
RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
LANG_STRING: Final = f"{RDF}langString"
RDF_TYPE: Final = f"<{RDF}type>"
RDF_FIRST: Final = f"<{RDF}first>"
RDF_REST: Final = f"<{RDF}rest>"
RDF_NIL: Final = f"<{RDF}nil>"

# A character outside IRIREF could close the <…> of an N-Quad and forge the next one (RDF 1.1, 3.2). White
# space of any kind (U+00A0, U+2028…) is out too: processors take such an IRI for a relative one and drop it.
RELATIVE: Final = "x-relative:"
"""The scheme of what PyLD completes: an identifier that has it is an incomplete one."""
IRI: Final = re.compile(
    rf"(?!{RELATIVE})[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20\x7f<>\"{{}}|^`\\\s\ufeff\ud800-\udfff]*"
)
LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")

SPECIAL: Final = re.compile(r'[\x00-\x1f\x7f"\\\ud800-\udfff]')
CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
NAMED: Final = {"\b": r"\b", "\t": r"\t", "\n": r"\n", "\f": r"\f", "\r": r"\r"}


def escaped(text: str) -> str:
    """Return `text` as it stands between the quotes of a canonical literal (RDFC-1.0, 5)."""
    if not SPECIAL.search(text):
        return text
    return CONTROL.sub(_escape, text.replace("\\", r"\\").replace('"', r"\""))


def _escape(found: re.Match[str]) -> str:
    return NAMED.get(found.group()) or f"\\u{ord(found.group()):04X}"


def number_text(number: float) -> str:
    """Return the lexical form of a JSON number: digits when whole, else a canonical xsd:double.

    1.5 gives `1.5E0`, 3.0 gives `3`, as every JSON-LD processor has it (JSON-LD API, 8.2.2).
    """
    if float(number).is_integer():
        return str(int(number))
    mantissa, exponent = f"{number:.15E}".split("E")
    whole, fraction = mantissa.split(".")
    return f"{whole}.{fraction.rstrip('0') or '0'}E{int(exponent)}"


def datatype_suffix(datatype: str) -> str:
    """Return what follows the closing quote of a literal of `datatype`; nothing for xsd:string."""
    return "" if datatype == XSD_STRING else f"^^<{datatype}>"
