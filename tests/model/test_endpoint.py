"""One parse of an endpoint: what is judged is what botocore and urllib3 connect to."""

from urllib.parse import urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from awscreds.errors import ConfigurationError
from awscreds.model.endpoint import parse_endpoint, request_endpoint

HOSTILE = [
    *"\\@/:?#%[]. \t\r\n\0\x7f_-~!;,=&'\"<>|^`{}0",
    *("//", "://", "..", "/../", "%2e", "%5c", "%40", "%00", "::", "[::1]", "[fe80::1%25eth0]"),
    *("[::ffff:127.0.0.1]", "[::1", "::1]", "127.0.0.1", "127.1", "2130706433", "0x7f000001"),
    *("0177.0.0.1", "127.0.0.01", "127.0.0.256", "localhost", "LOCALHOST", "evil.example"),
    *("iam.amazonaws.com", "user:pass", ":80", ":443", ":0", ":65536", ":080", ":٣", ":1e3"),
    *("\u3002", "\uff0e", "\u2024", "ⓛ", "é", "\u200b", "\u202e", "xn--e1a", "http:", "https:"),
    *("/prod", "\udc80", "a" * 64),
]
urls = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["http://", "https://", "HTTP://", "http:/", "https:", "ftp://", "//", ""]),
        st.lists(st.sampled_from(HOSTILE) | st.characters(), max_size=5).map("".join),
    ),
)


class Reached(Exception):
    pass


@pytest.fixture(scope="module")
def connects_to():
    """Where botocore's HTTP session opens a connection for a URL: scheme, host and port."""
    from botocore.awsrequest import AWSPreparedRequest
    from botocore.httpsession import URLLib3Session
    from urllib3.connection import HTTPConnection, HTTPSConnection

    session = URLLib3Session(proxies={})
    reached = []

    def connect(connection):
        scheme = "https" if isinstance(connection, HTTPSConnection) else "http"
        reached.append((scheme, connection.host, connection.port))
        raise Reached

    def of(url):
        reached.clear()
        request = AWSPreparedRequest("POST", url, {}, b"", stream_output=False)
        with pytest.raises(Exception, match=r"Reached|HTTP Client raised"):
            session.send(request)
        return reached[0]

    with pytest.MonkeyPatch.context() as patch:
        for kind in (HTTPConnection, HTTPSConnection):
            patch.setattr(kind, "connect", connect)
        yield of


@settings(deadline=None)
@given(url=urls)
@example(url="http://evil.example\\@localhost")
@example(url="https://evil.example\\@iam.amazonaws.com")
@example(url="http://localhost:4566/")
@example(url="https://[::1]:8443/x")
@example(url="http://[0:0:0:0:0:0:0:1]")
def test_a_url_is_refused_or_leads_where_it_was_judged_to_lead(connects_to, url):
    from urllib3.util import parse_url

    try:
        found = parse_endpoint(url)
    except ConfigurationError as error:
        assert error.code == "bad-endpoint"
        return
    for spelled in (url, found.url):
        theirs = parse_url(spelled)
        assert (theirs.scheme, theirs.port or {"http": 80, "https": 443}[theirs.scheme]) == (
            found.scheme,
            found.port,
        )
        assert _expanded(theirs.host) == _expanded(found.host)
        assert _expanded(urlsplit(spelled).hostname) == _expanded(found.host)
    scheme, host, port = connects_to(found.url + "/")
    assert (scheme, host, port) == (found.scheme, found.host.strip("[]"), found.port)
    assert parse_endpoint(found.url).url == found.url
    assert request_endpoint(found.url + "/?a=b@c\\d").origin == found.origin


def _expanded(host):
    """An IPv6 address in its one form; any other host as it is."""
    from ipaddress import ip_address

    return ip_address(host.strip("[]")).compressed if ":" in host else host


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://evil.example\\@localhost", "backslash"),
        ("https://u:p@sts.amazonaws.com", "user name"),
        ("https://sts.amazonaws.com?x", "query"),
        ("https://sts.amazonaws.com#x", "fragment"),
        ("https://sts.amazonaws.com/%2e", "encoded"),
        ("https://st%73.amazonaws.com", "encoded"),
        (" https://sts.amazonaws.com", "space"),
        ("https://sts.amazonaws.com\n", "control"),
        ("https://sts。amazonaws.com", "not ASCII"),
        ("https://", "no host"),
        ("https:///x", "no host"),
        ("https://:443", "no host"),
        ("sts.amazonaws.com", "begin with"),
        ("ftp://sts.amazonaws.com", "begin with"),
        ("https:/sts.amazonaws.com", "begin with"),
        ("http://localhost:", "port"),
        ("http://localhost:0", "port"),
        ("http://localhost:080", "port"),
        ("http://localhost:65536", "port"),
        ("http://localhost:99999999999999999999", "port"),
        ("http://localhost:80:80", "port"),
        ("http://localhost:+1", "port"),
        ("http://2130706433", "IPv4"),
        ("http://0x7f.1", "IPv4"),
        ("http://0177.0.0.1", "IPv4"),
        ("http://127.1", "IPv4"),
        ("http://127.0.0.010", "IPv4"),
        ("http://010.0.0.1", "IPv4"),
        ("http://127.0.0.256", "IPv4"),
        ("http://evil.0x7f000001", "IPv4"),
        ("http://localhost.", "host name"),
        ("http://a..b", "host name"),
        ("http://a_b", "host name"),
        ("http://-a", "host name"),
        (f"http://{'a' * 64}", "host name"),
        (f"http://{'a.' * 127}a", "host name"),
        ("http://[fe80::1%25eth0]", "encoded"),
        ("http://[::ffff:127.0.0.1]", "IPv6"),
        ("http://[::ffff:7f00:1]", "IPv6"),
        ("http://[::127.0.0.1]", "IPv6"),
        ("http://[64:ff9b::127.0.0.1]", "IPv6"),
        ("http://[::1", "IPv6"),
        ("http://[::1]x", "IPv6"),
        ("http://[v1.x]", "IPv6"),
        ("http://localhost//evil.example", "path"),
        ("http://localhost/a/../b", "path"),
        ('http://localhost/"', "path"),
        ("http://localhost/" + "a" * 3000, "longer"),
    ],
)
def test_what_parsers_could_read_differently_is_refused(url, why):
    with pytest.raises(ConfigurationError) as caught:
        parse_endpoint(url, "/home/a/.aws/config:7")
    assert why in caught.value.message
    assert "/home/a/.aws/config:7" in caught.value.message
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    ("url", "spelled"),
    [
        ("HTTPS://STS.Amazonaws.COM:443/", "https://sts.amazonaws.com"),
        ("http://localhost:4566/", "http://localhost:4566"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://127.0.0.1:443", "http://127.0.0.1:443"),
        ("http://[0:0::1]:4566/x/", "http://[::1]:4566/x/"),
        ("https://vpce-0a1-x.sts.eu-west-1.vpce.amazonaws.com", None),
        ("http://local-stack.test:4566/Prod_1/~a", None),
    ],
)
def test_an_endpoint_has_one_spelling(url, spelled):
    assert parse_endpoint(url).url == (spelled or url)
