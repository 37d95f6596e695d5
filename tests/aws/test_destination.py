"""A request goes to the host that was judged, and to no other, whatever botocore is told."""

import gc
import http.server
import threading

import pytest
from botocore.loaders import Loader

from awscreds.aws.dpop import new_key
from awscreds.aws.gateway import Aws
from awscreds.aws.iam import Iam
from awscreds.errors import AwsError, ConfigurationError
from awscreds.model.credentials import AccessKey
from awscreds.model.service_endpoint import ServiceEndpoint

KEY = AccessKey("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
SIGN_IN_RULES = Loader().load_service_model("signin", "endpoint-rule-set-1")
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


@pytest.fixture
def reached(monkeypatch):
    """The hosts and ports that connections are made to; none is made."""
    from urllib3.connection import HTTPConnection, HTTPSConnection

    found = []

    def connect(connection):
        found.append((connection.host, connection.port))
        raise OSError("no network here")

    for kind in (HTTPConnection, HTTPSConnection):
        monkeypatch.setattr(kind, "connect", connect)
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    return found


def ask(service, endpoint):
    sso = Aws().sso
    calls = {
        "iam": lambda: Iam(KEY, endpoint, attempts=1).list_access_keys(None),
        "signin": lambda: Aws().sign_in.refresh(endpoint, new_key(), "c", refresh_token="t"),
        "sso": lambda: sso.role_credentials("t", endpoint, account_id="1", role_name="r"),
        "sso-oidc": lambda: sso.register(endpoint, grants=(), scopes=[], issuer=""),
        "sts": lambda: Aws().caller_identity(KEY, endpoint),
    }
    calls[service]()


@pytest.mark.parametrize("service", ["iam", "signin", "sso", "sso-oidc", "sts"])
@pytest.mark.parametrize("region", ["us-east-1", "eusc-de-east-1", "us-gov-west-1", "cn-north-1"])
def test_awss_own_hosts_are_reached_under_every_setting(reached, monkeypatch, service, region):
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_IAM"):
        monkeypatch.setenv(name, "https://evil.example")
    every = {"use_dualstack_endpoint": "true", "use_fips_endpoint": "true"}
    for settings in ({}, every, {"sts_regional_endpoints": "legacy"}):
        with pytest.raises(AwsError):  # out of reach, not refused
            ask(service, ServiceEndpoint(region, None, settings))
    assert reached
    assert not any("evil" in host for host, _ in reached)


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("us-east-1", "us-east-1.signin.aws.amazon.com"),
        ("cn-north-1", "cn-north-1.signin.amazonaws.cn"),
        ("us-gov-west-1", "us-gov-west-1.signin.amazonaws-us-gov.com"),
        ("eusc-de-east-1", "eusc-de-east-1.signin.amazonaws-eusc.eu"),
    ],
)
def test_the_page_to_sign_in_at_is_awss_own_and_nothing_is_sent_for_it(reached, region, host):
    if host.partition(".signin.")[2] not in str(SIGN_IN_RULES):
        pytest.skip("this botocore does not know the page of that partition")
    assert Aws().sign_in.base_url(ServiceEndpoint(region)) == f"https://{host}"
    assert reached == []


@pytest.mark.parametrize("region", ["s3", "s3-us-west-2", "execute-api", "localhost", "vpce"])
def test_a_region_that_leads_to_a_customers_host_is_refused(reached, region):
    with pytest.raises(ConfigurationError) as caught:
        ask("sts", ServiceEndpoint(region))
    assert caught.value.code == "foreign-host"
    assert f"sts.{region}.amazonaws.com" in caught.value.message
    assert reached == []


@pytest.mark.parametrize("endpoint", [None, "http://localhost:9"])
def test_a_request_that_something_sends_elsewhere_is_not_sent(reached, monkeypatch, endpoint):
    import botocore.awsrequest

    prepare = botocore.awsrequest.AWSRequestPreparer.prepare

    def elsewhere(preparer, original):
        request = prepare(preparer, original)
        request.url = "http://localhost:10/"
        return request

    monkeypatch.setattr(botocore.awsrequest.AWSRequestPreparer, "prepare", elsewhere)
    endpoint = ServiceEndpoint("us-east-1", endpoint)
    for call in (
        lambda: ask("sts", endpoint),
        lambda: ask("iam", endpoint),
        lambda: Iam(KEY, endpoint).create_access_key(None),  # nothing was sent, so nothing is lost
        lambda: Aws().session_token(KEY, endpoint),
        lambda: Aws().ask_time(endpoint),
    ):
        with pytest.raises(ConfigurationError) as caught:
            call()
        assert caught.value.code == "foreign-host"
    assert reached == []


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_this_machine_is_reached_without_a_proxy(reached, monkeypatch, host):
    for name in PROXIES:
        monkeypatch.setenv(name, "http://proxy.example:3128")
    with pytest.raises(AwsError):
        ask("sts", ServiceEndpoint("us-east-1", f"http://{host}:4566"))
    assert set(reached) == {(host.strip("[]"), 4566)}


def test_another_machine_is_reached_through_the_proxy(reached, monkeypatch):
    for name in PROXIES:
        monkeypatch.setenv(name, "http://proxy.example:3128")
    with pytest.raises(AwsError):
        ask("sts", ServiceEndpoint("us-east-1", "https://stack.example:4566"))
    assert set(reached) == {("proxy.example", 3128)}


# urllib3 leaves the socket of a refused redirect to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status):
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            asked.append(self.server.server_address)
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Location", other_url)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"no")

        def log_message(self, *_):
            pass

    servers = [http.server.HTTPServer(("127.0.0.1", 0), Handler) for _ in range(2)]
    url, other_url = (f"http://127.0.0.1:{server.server_address[1]}" for server in servers)
    for server in servers:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        with pytest.raises(AwsError):
            ask("iam", ServiceEndpoint("us-east-1", url))
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()
        gc.collect()
    assert set(asked) == {servers[0].server_address}
