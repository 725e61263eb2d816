"""The Link header field (RFC 8288): where else to look."""

from __future__ import annotations


def parse_links(value: str) -> list[dict[str, str]]:
    """Return each link of a field as `{"url": ..., "rel": ..., ...}`, parameter names in lower case.

        <https://api.test/items?page=2>; rel="next", <https://api.test/items?page=9>; rel=last

    Tolerant, as servers are: what has no `<...>` is skipped.
    Commas and semicolons inside a URL or a quoted parameter separate nothing.
    """
    links: list[dict[str, str]] = []
    position = 0
    while True:
        start = value.find("<", position)
        end = value.find(">", start + 1)
        if start < 0 or end < 0:
            return links
        link = {"url": value[start + 1 : end].strip()}
        position = _read_parameters(value, end + 1, link)
        links.append(link)


def _read_parameters(value: str, position: int, link: dict[str, str]) -> int:
    """Read `; name=value` pairs into the link; return where the next link may start."""
    while True:
        text, stop, position = _until_separator(value, position)
        name, equals, said = text.partition("=")
        name = name.strip(" \t;").lower()
        if name:
            link.setdefault(name, _unquoted(said.strip()) if equals else "")
        if stop != ";":
            return position


def _until_separator(value: str, position: int) -> tuple[str, str, int]:
    """Return the text up to the next unquoted `;` or `,`, that separator (empty at the end), and what follows."""
    start = position
    quoted = False
    while position < len(value):
        character = value[position]
        if character == "\\" and quoted:
            position += 1
        elif character == '"':
            quoted = not quoted
        elif character in ";," and not quoted:
            return value[start:position], character, position + 1
        position += 1
    return value[start:], "", position


def _unquoted(said: str) -> str:
    if len(said) >= 2 and said[0] == said[-1] == '"':
        inner = said[1:-1]
        if "\\" not in inner:
            return inner
        plain: list[str] = []
        escaped = False
        for character in inner:
            if character == "\\" and not escaped:
                escaped = True
            else:
                plain.append(character)
                escaped = False
        return "".join(plain)
    return said.strip("'\"")
