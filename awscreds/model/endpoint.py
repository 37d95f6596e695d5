r"""An endpoint's URL, parsed once. botocore gets it rebuilt from the parts that were judged here.

``urllib.parse`` and urllib3 read some URLs differently (``http://a\@b`` is b for one and a for the
other). So a check by one parser says nothing about a connection by the other. This grammar is so
narrow that all parsers agree on what it accepts; everything else is refused.
"""

from __future__ import annotations

from awscreds.errors import ConfigurationError
from awscreds.model.text import escaped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

PORTS = {"http": 80, "https": 443}
"""The schemes, and the port of each if a URL names none."""

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
_DIGITS = frozenset("0123456789")
_LABEL = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")
_PATH = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:/")
_LONGEST_LABEL = 63
_LONGEST_HOST = 253
_LONGEST_URL = 2048
_HIGHEST_PORT = 65535


class Endpoint:
    """Where a service is reached: ``scheme``, ``host``, ``port`` and ``path``.

    ``host`` is in lower case, an IPv6 address in brackets; ``path`` is empty or begins with ``/``.
    """

    __slots__ = ("host", "path", "port", "scheme")

    def __init__(self, scheme: str, host: str, port: int, path: str = "") -> None:
        self.scheme = scheme
        self.host = host
        self.port = port
        self.path = path

    def __repr__(self) -> str:
        return f"Endpoint({self.url!r})"

    @property
    def url(self) -> str:
        """The normalized URL: it is shown, stored, compared and connected to."""
        port = "" if self.port == PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}{self.path}"

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port: the target of a connection."""
        return self.scheme, self.host, self.port

    @property
    def is_loopback(self) -> bool:
        """Whether it is on this machine, where plain http shows nothing to anyone."""
        return self.host in _LOOPBACK

    @property
    def is_plain_http(self) -> bool:
        return self.scheme == "http"


def parse_endpoint(url: str, source: str = "the endpoint") -> Endpoint:
    """The endpoint that ``url`` names. ``source`` says where it is set, as ``file:line``.

    Raises ConfigurationError for what parsers could read differently, or no endpoint has: user
    info, a query, a fragment, backslashes, spaces, ``%``, a host that is not clearly a name or an
    address.
    """

    def refuse(why: str) -> ConfigurationError:
        # The value is not quoted: a password may be in it.
        return ConfigurationError(
            f"the endpoint URL set in {source} is refused: {why}",
            code="bad-endpoint",
            hint=f"correct or remove it in {source}; an endpoint URL is like "
            "https://sts.eu-central-1.amazonaws.com or http://localhost:4566",
        )

    _check_characters(url, refuse)
    scheme, separator, rest = url.partition("://")
    scheme = scheme.lower()
    if not separator or scheme not in PORTS:
        raise refuse("it must begin with https:// or http://")
    authority, slash, path = rest.partition("/")
    path = slash + path
    if path == "/":
        path = ""
    _check_path(path, refuse)
    host, port = _split(authority, scheme, refuse)
    return Endpoint(scheme, host, port, path)


def request_endpoint(url: str) -> Endpoint:
    """The endpoint that a request to ``url`` goes to. Its path and its query do not matter.

    Raises ConfigurationError for an authority that ``parse_endpoint`` refuses.
    """
    scheme, separator, rest = url.partition("://")
    authority = rest
    for mark in "/?#":
        authority = authority.partition(mark)[0]
    return parse_endpoint(f"{scheme}{separator}{authority}", "a request")


def _check_characters(url: str, refuse: Callable[[str], ConfigurationError]) -> None:
    if len(url) > _LONGEST_URL:
        raise refuse(f"it is longer than {_LONGEST_URL} characters")
    if not (url.isascii() and url.isprintable()) or " " in url:
        raise refuse("it has a space, a control character or a character that is not ASCII")
    named = {
        "\\": "a backslash",
        "@": "a user name or an @",
        "?": "a query (?)",
        "#": "a fragment (#)",
        "%": "an encoded character (%)",
    }
    for char, name in named.items():
        if char in url:
            raise refuse(f"it has {name}")


def _check_path(path: str, refuse: Callable[[str], ConfigurationError]) -> None:
    odd = next((char for char in path if char not in _PATH), None)
    if odd:
        raise refuse(f"its path has the character {odd}")
    segments = path.split("/")[1:]
    if "" in segments[:-1] or not {".", ".."}.isdisjoint(segments):
        raise refuse("its path has //, /./ or /../")


def _split(
    authority: str, scheme: str, refuse: Callable[[str], ConfigurationError]
) -> tuple[str, int]:
    """Host and port."""
    if authority.startswith("["):
        inside, bracket, rest = authority[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise refuse("its IPv6 address is not of the form [ADDRESS]:PORT")
        host, colon, port = _ipv6(inside, refuse), rest[:1], rest[1:]
    else:
        host, colon, port = authority.partition(":")
        host = _name(host.lower(), refuse)
    if not colon:
        return host, PORTS[scheme]
    is_number = 0 < len(port) <= len(str(_HIGHEST_PORT)) and _DIGITS.issuperset(port)
    if not is_number or port.startswith("0") or int(port) > _HIGHEST_PORT:
        raise refuse(f"its port is not a number from 1 to {_HIGHEST_PORT}")
    return host, int(port)


def _name(host: str, refuse: Callable[[str], ConfigurationError]) -> str:
    """A DNS name, or an IPv4 address as four decimal numbers without leading zeros."""
    if not host:
        raise refuse("it has no host")
    labels = host.split(".")
    last = labels[-1]
    if last and (
        _DIGITS.issuperset(last) or last.startswith("0x")
    ):  # libraries that connect read it as an address
        is_plain = len(labels) == 4 and all(map(_is_byte, labels))
        if not is_plain:
            raise refuse(f"its host {escaped(host)} is not a plain IPv4 address, like 127.0.0.1")
    elif len(host) > _LONGEST_HOST or not all(map(is_host_label, labels)):
        raise refuse(f"its host {escaped(host)} is not a host name")
    return host


def _is_byte(text: str) -> bool:
    is_number = 0 < len(text) <= 3 and _DIGITS.issuperset(text)
    return is_number and text == str(int(text)) and int(text) <= 255


def _ipv6(address: str, refuse: Callable[[str], ConfigurationError]) -> str:
    from ipaddress import AddressValueError, IPv6Address

    try:
        # Addresses with an IPv4 address inside have more than one spelling.
        found = IPv6Address(address) if "." not in address else None
    except AddressValueError:
        found = None
    if found is None or found.ipv4_mapped or found.scope_id:
        raise refuse("its IPv6 address is not a plain one, like [::1]")
    return f"[{found.compressed}]"


def is_host_label(text: str) -> bool:
    """Whether ``text`` can be one label of a host name (RFC 1123), in lower case."""
    return (
        0 < len(text) <= _LONGEST_LABEL
        and _LABEL.issuperset(text)
        and not (text.startswith("-") or text.endswith("-"))
    )
