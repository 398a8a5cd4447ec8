"""An event log in XES (IEEE 1849): a trace per issue, for programs of process mining."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import IO

from sim.model.records import NONE
from sim.study.export.events import ANSWERED, ENDED, ENTERS, Event, Story
from sim.study.export.names import Names
from sim.units import SECOND

__all__ = ["XesLog", "escaped", "xes_key"]

_EXTENSIONS = (
    ("Concept", "concept"),
    ("Lifecycle", "lifecycle"),
    ("Organizational", "org"),
    ("Time", "time"),
)
_TRANSITIONS = {ENTERS: "schedule", ANSWERED: "start", ENDED: "complete"}
_WITHDRAWN = frozenset(("abandoned", "turned away"))  # ends without having been served
_OURS = frozenset(("stream", "contacts", "state", "measured"))  # keys of a trace

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NO_NAME = re.compile(r"[^\w.-]")


def escaped(text: str) -> str:
    """A text inside quotation marks in XML; what XML cannot hold becomes ``?``.

    Examples
    --------
    >>> escaped('<a> & "b"')
    '&lt;a&gt; &amp; &quot;b&quot;'
    """
    text = _NO_XML.sub("?", text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for sign, name in (('"', "&quot;"), ("\n", "&#10;"), ("\t", "&#9;"), ("\r", "&#13;")):
        text = text.replace(sign, name)
    return text


def xes_key(name: str) -> str:
    """The name of an attribute as a key: an XML name that is none of ours.

    Examples
    --------
    >>> xes_key("topic"), xes_key("type of call"), xes_key("2nd"), xes_key("state")
    ('topic', 'type_of_call', '_2nd', 'attribute.state')
    """
    key = _NO_NAME.sub("_", name)
    if key in _OURS:
        return f"attribute.{key}"
    return key if key[:1].isalpha() or key[:1] == "_" else f"_{key}"


class XesLog:
    """Writes traces one by one.

    Parameters
    ----------
    file
        Text, UTF-8.
    names
        What the numbers are called.
    """

    def __init__(self, file: IO[str], names: Names) -> None:
        labels = names.labels
        self._file, self._utc = file, "+00:00"
        self._stages = [escaped(name) for name in labels.stages]
        self._teams = [escaped(name) for name in labels.teams]
        self._agents = [escaped(name) for name in names.agents]
        self._streams = [escaped(name) for name in labels.streams]
        self._keys = [xes_key(name) for name, _ in labels.attributes]
        self._n_traces = self._n_events = 0
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n')
        file.write('<log xes.version="1849.2016" xes.features="" xmlns="http://www.xes-standard.org/">\n')
        for name, prefix in _EXTENSIONS:
            uri = f"http://www.xes-standard.org/{prefix}.xesext"
            file.write(f'  <extension name="{name}" prefix="{prefix}" uri="{uri}"/>\n')
        file.write('  <global scope="trace">\n    <string key="concept:name" value=""/>\n  </global>\n')
        file.write(
            '  <global scope="event">\n'
            '    <string key="concept:name" value=""/>\n'
            '    <string key="lifecycle:transition" value="complete"/>\n'
            '    <date key="time:timestamp" value="1970-01-01T00:00:00+00:00"/>\n'
            "  </global>\n"
        )
        file.write('  <classifier name="Stage" keys="concept:name"/>\n')
        file.write('  <classifier name="Stage and step" keys="concept:name lifecycle:transition"/>\n')
        file.write('  <string key="lifecycle:model" value="standard"/>\n')
        file.write(f'  <string key="concept:name" value="{escaped(labels.scenario)}"/>\n')

    def add(self, told: Iterable[Story]) -> None:
        """Write the traces of some issues."""
        for story in told:
            lines = [
                "  <trace>",
                _string("concept:name", escaped(story.issue)),
                _string("stream", self._streams[story.stream]),
                *map(_string, self._keys, map(escaped, story.values)),
                f'    <int key="contacts" value="{story.contacts}"/>',
                _string("state", story.state),
                f'    <boolean key="measured" value="{str(story.is_measured).lower()}"/>',
                *map(self._event, story.events),
                "  </trace>\n",
            ]
            self._file.write("\n".join(lines))
            self._n_traces += 1
            self._n_events += len(story.events)

    def finish(self) -> None:
        """Write the end."""
        self._file.write("</log>\n")

    def counts(self) -> dict[str, int]:
        """How much has been written."""
        return {"traces": self._n_traces, "events": self._n_events}

    def _event(self, event: Event) -> str:
        transition = "withdraw" if event.end in _WITHDRAWN else _TRANSITIONS[event.what]
        lines = [
            "    <event>",
            f'      <string key="concept:name" value="{self._stages[event.stage]}"/>',
            f'      <string key="lifecycle:transition" value="{transition}"/>',
            f'      <date key="time:timestamp" value="{event.time}{self._utc}"/>',
            f'      <int key="contact" value="{event.contact}"/>',
        ]
        if event.agent != NONE:
            lines.append(f'      <string key="org:resource" value="{self._agents[event.agent]}"/>')
            lines.append(f'      <string key="org:group" value="{self._teams[event.team]}"/>')
        if event.end:
            lines.append(f'      <string key="outcome" value="{event.end}"/>')
        if event.wrap_up:
            lines.append(f'      <float key="wrap_up_s" value="{event.wrap_up / SECOND}"/>')
        lines.append("    </event>")
        return "\n".join(lines)


def _string(key: str, value: str) -> str:
    return f'    <string key="{key}" value="{value}"/>'
