"""ruamel.yaml as a stream of events, and what it says about broken YAML in our own short words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import Event
from ruamel.yaml.reader import ReaderError

__all__ = ["Broken", "events_of"]


class Broken(Exception):
    """The text is no YAML from the character with index ``at`` on."""

    def __init__(self, code: str, at: int, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.code, self.at, self.message, self.hint = code, at, message, hint


def events_of(text: str) -> Iterator[Event]:
    """The events of a YAML text: starts and ends of documents, maps and lists, scalars, aliases.

    Raises
    ------
    Broken
        At the first place that cannot be read.
    """
    try:
        yield from YAML(typ="safe", pure=True).parse(text)
    except ReaderError as error:
        raise Broken(
            "character", error.position, f"the character U+{error.character:04X} cannot be used"
        ) from None
    except MarkedYAMLError as error:
        raise _explained(error, text) from None
    except (YAMLError, ValueError, OverflowError, AssertionError, NotImplementedError) as error:
        raise Broken("syntax", 0, f"not valid YAML: {error}") from None  # "\UFFFFFFFF" and the like


_QUOTES = "put the whole text in quotes"
_INDENTATION = "check the indentation of this line and the one above"

_FULL_WIDTH = re.compile("[\uff0c\uff1a\uff5b\uff5d\uff3b\uff3d]")
_GLUED = re.compile(r"(?:^|\n)[ ]*(?P<key>[A-Za-z_]\w*:\S[^:\n]*)\n[ ]*$")

_WORDS: tuple[tuple[str, bool, str, str | None], ...] = (
    # What ruamel says (problem, then context); whether the context's place is the one to show;
    # our words, <c> from the pattern and <line> that of the context; hint.
    (r"found character '\\t'", False, "a tab", "use blanks"),
    (r"found character '(?P<c>.)'", False, "a text cannot begin with '<c>'", _QUOTES),
    (
        r"mapping values are not allowed",
        False,
        "a ':' does not belong here",
        _INDENTATION + "; a text with ': ' in it needs quotes",
    ),
    (r"could not find expected ':'", True, "a ':' is missing after this key", None),
    (r"unexpected (end of stream|document sep).* quoted scalar", True, "this quote is never closed", None),
    (r"got '<stream end>'.* flow sequence", True, "this '[' is never closed", None),
    (r"got '<stream end>'.* flow mapping", True, "this '{' is never closed", None),
    (r"expected ',' or '(?P<c>[\]}])'", False, "expected ',' or '<c>' for the bracket of line <line>", None),
    (
        r"expected <block end>, but found '(?:<scalar>|\[|\{|&)",
        False,
        "this does not belong to what stands before it",
        "check the indentation, or " + _QUOTES,
    ),
    (
        r"expected <block end>",
        False,
        "this does not go on what begins in line <line>",
        "check the indentation; keys and '- ' items cannot be mixed",
    ),
    (r"expected the node content, but found '<stream end>'", False, "a bracket is never closed", None),
    (r"expected the node content, but found '(?P<c>[^']+)'", False, "a value is missing before '<c>'", None),
    (
        r"unknown escape character '(?P<c>.+)'",
        False,
        "'\\<c>' means nothing in double quotes",
        "use single quotes",
    ),
    (r"expected '<document start>'", False, "this does not belong to what stands before it", _INDENTATION),
    (r"sequence entries are not allowed", False, "a '- ' does not belong here", _INDENTATION),
    (r"expected (?:URI )?escape sequence", False, "an escape here is not finished", "use single quotes"),
    (r"expected URI", True, "a text cannot begin with '!' or '%'", _QUOTES),
    (r"scanning a block scalar", True, "a text cannot begin with '|' or '>'", _QUOTES),
    (r"(scanning|parsing) a (tag|directive)", True, "a text cannot begin with '!' or '%'", _QUOTES),
    (r"expected alphabetic.* an (alias|anchor)", True, "a text cannot begin with '*' or '&'", _QUOTES),
)


def _explained(error: MarkedYAMLError, text: str) -> Broken:
    at = error.problem_mark.index if error.problem_mark else 0
    begun = error.context_mark.index if error.context_mark else at
    line = error.context_mark.line + 1 if error.context_mark else 1
    for pattern, at_context, words, hint in _WORDS:
        found = re.search(pattern, f"{error.problem} {error.context}", re.S)
        if found:
            full_width = _FULL_WIDTH.search(text[:at].rsplit("\n", 1)[-1] + text[at:].split("\n", 1)[0])
            if full_width:
                start = text.rfind("\n", 0, at) + 1 + full_width.start()
                sign = unicodedata.normalize("NFKC", full_width.group())
                return Broken(
                    "syntax", start, f"'{full_width.group()}' is a full-width sign", f"write '{sign}'"
                )
            glued = (
                _GLUED.search(text[: text.rfind("\n", 0, at) + 1]) if "mapping values" in pattern else None
            )
            if glued:
                key = glued.group("key")
                return Broken("syntax", glued.start("key"), f"'{key}' needs a blank after the ':'")
            message = words.replace("<line>", str(line)).replace("<c>", found.groupdict().get("c") or "")
            code = "tab" if words == "a tab" else "syntax"
            return Broken(code, min(begun if at_context else at, len(text)), message, hint)
    return Broken("syntax", min(at, len(text)), f"not valid YAML: {error.problem}")
