"""Clients that botocore makes are those that boto3 makes, and cost less."""

import contextlib
import itertools
import socketserver
import subprocess
import sys
import threading

import boto3
import pytest
from botocore import UNSIGNED
from botocore.exceptions import BotoCoreError
from botocore.loaders import Loader

from awscreds.aws import clients
from awscreds.aws.gateway import Aws
from awscreds.aws.iam import Iam
from awscreds.aws.once import AnswerLost
from awscreds.errors import AwsError, ConfigurationError
from awscreds.model.credentials import AccessKey, Session
from awscreds.model.service_endpoint import ServiceEndpoint

KEY = AccessKey("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
SESSION = Session("ASIAIOSFODNN7EXAMPLE", KEY.secret, "token", None)
PARTITIONS = Loader().load_data("partitions")["partitions"]
REGIONS = [region for partition in PARTITIONS for region in partition["regions"]]
SOME = ("us-east-1", "eu-central-1", "us-gov-west-1", "cn-north-1", "us-iso-east-1")
NEW = ("us-east-1-fips", "eu-nowhere-9", "nowhere")
SWITCHES = ("use_fips_endpoint", "use_dualstack_endpoint")
SETTINGS = [
    {**dict(zip(SWITCHES, values, strict=True)), "sts_regional_endpoints": where}
    for *values, where in itertools.product(("true", "false"), ("true", "false"),
                                            ("regional", "legacy"))
]  # fmt: skip

OTHERS = ("X-Amz-Date", "amz-sdk-invocation-id")
"""Headers that differ between any two requests."""


class NotSent(Exception):
    def __init__(self, request):
        self.request = request


@pytest.fixture
def as_boto3(monkeypatch):
    """Makes a client as ``clients`` does, but always by boto3."""

    def make(*arguments, **named):
        with monkeypatch.context() as patch:
            patch.setattr(clients, "OF_BOTOCORE", frozenset())
            return clients.client_for(*arguments, **named)

    return make


def request_of(make, *arguments):
    """What the client would send, but for the time: all that decides over it."""

    def keep(request, **_):
        raise NotSent(request)

    try:
        client = make("sts", *arguments)
        client.meta.events.register_first("before-send", keep)
        with pytest.raises(NotSent) as caught:
            client.get_session_token(
                SerialNumber="arn:aws:iam::123456789012:mfa/a", TokenCode="123456"
            )
    except (BotoCoreError, ConfigurationError) as error:
        return type(error)
    request = caught.value.request
    headers = {name: _text(value) for name, value in request.headers.items() if name not in OTHERS}
    scope = headers["Authorization"].partition("Credential=")[2].partition(",")[0]
    headers["Authorization"] = scope.split("/", 2)[2]  # the region and the service
    return request.method, request.url, request.body, headers


def _text(value):
    return value.decode() if isinstance(value, bytes) else value


def made(client):
    """How a client is set up."""
    config, endpoint = client.meta.config, client._endpoint
    http = endpoint.http_session
    return (
        type(client).__mro__[1:],
        client.meta.region_name,
        client.meta.partition,
        config.retries,
        (str(http._timeout), http._verify, http._proxy_config._proxies),
    )


@pytest.mark.parametrize("region", [*REGIONS, *NEW])
def test_each_region_has_the_endpoint_and_the_signature_of_boto3(as_boto3, region):
    endpoint = ServiceEndpoint(region)
    found = request_of(clients.client_for, KEY, endpoint)
    assert found == request_of(as_boto3, KEY, endpoint)
    if region in REGIONS and "global" not in region:
        _, url, _, headers = found
        assert f"sts.{region}." in url
        assert headers["Authorization"] == f"{region}/sts/aws4_request"


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda found: "-".join(found.values()))
@pytest.mark.parametrize("region", SOME)
def test_each_setting_has_the_effect_that_it_has_for_boto3(as_boto3, region, settings):
    endpoint = ServiceEndpoint(region, None, settings)
    found = request_of(clients.client_for, SESSION, endpoint)
    assert found == request_of(as_boto3, SESSION, endpoint)
    if isinstance(found, tuple):  # botocore knows such an endpoint
        assert ("api" in found[1]) == (settings["use_dualstack_endpoint"] == "true")
        assert ("fips" in found[1]) == (settings["use_fips_endpoint"] == "true") or (
            region == "us-gov-west-1"  # whose hosts are all FIPS
        )


@pytest.mark.parametrize("url", ["https://stack.example:4566", "http://localhost:9"])
def test_an_endpoint_that_was_chosen_is_that_of_boto3(as_boto3, monkeypatch, url):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    endpoint = ServiceEndpoint("eu-central-1", url, {"ca_bundle": "/x/ca.pem"})
    assert request_of(clients.client_for, KEY, endpoint) == request_of(as_boto3, KEY, endpoint)


@pytest.mark.parametrize("attempts", [1, 3])
def test_deadlines_retries_proxies_and_certificates_are_those_of_boto3(
    as_boto3, monkeypatch, tmp_path, attempts
):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    for endpoint in (
        ServiceEndpoint("eu-central-1", None, {"ca_bundle": str(tmp_path)}),
        ServiceEndpoint("eu-central-1", "https://127.0.0.1:9"),
    ):
        words = ("sts", KEY, endpoint)
        client = clients.client_for(*words, attempts=attempts)
        assert made(client) == made(as_boto3(*words, attempts=attempts))
        assert client.meta.config.retries["total_max_attempts"] == attempts


def test_the_user_agent_names_boto3_botocore_and_us():
    *_, headers = request_of(clients.client_for, KEY, ServiceEndpoint("eu-central-1"))
    agent = headers["User-Agent"]
    assert agent.startswith(f"Boto3/{boto3.__version__} ")
    assert "otocore" in agent
    assert "awscreds/" in agent


def test_a_call_that_nobody_signs_is_made_by_botocore_too():
    client = clients.unsigned_client("sts", ServiceEndpoint("eu-central-1"))
    assert client.meta.config.signature_version is UNSIGNED


CLIENT = """
import sys
from awscreds.aws.clients import client_for
from awscreds.model.credentials import AccessKey
from awscreds.model.service_endpoint import ServiceEndpoint
client_for(sys.argv[1], AccessKey("AKIAIOSFODNN7EXAMPLE", "secret"), ServiceEndpoint("us-east-1"))
print(*sys.modules)
"""


@pytest.mark.parametrize(("service", "loads_boto3"), [("sts", False), ("iam", True)])
def test_a_client_of_sts_does_not_load_boto3(service, loads_boto3):
    words = [sys.executable, "-c", CLIENT, service]
    loaded = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
    assert ("boto3" in loaded) == loads_boto3
    assert loads_boto3 or "s3transfer" not in loaded  # an old boto3 loads it only for S3


# A profile with a plaintext key and an MFA device; nobody listens at its endpoint. Who types the
# code does so when what is loaded meanwhile is there, or has failed.
PROMPT = """
import _thread, sys, threading
from awscreds.app import App
from awscreds.cli import run
HOME, BROKEN, *COMMAND = sys.argv[1:]
if BROKEN:
    sys.modules[BROKEN] = None  # importing it fails
begin, has_ended = _thread.start_new_thread, threading.Event()
def begin_and_note(act, arguments):
    def act_and_note():
        try:
            act(*arguments)
        finally:
            has_ended.set()
    return begin(act_and_note, ())
_thread.start_new_thread = begin_and_note
app = App({"HOME": HOME, "AWS_CONFIG_FILE": f"{HOME}/config", "AWSCREDS_HOME": f"{HOME}/state",
           "AWS_SHARED_CREDENTIALS_FILE": f"{HOME}/credentials",
           "AWSCREDS_BACKEND": "vault", "AWSCREDS_PASSPHRASE": "a passphrase"},
          sleep=lambda seconds: None)
def typed(question):
    assert has_ended.wait(100)
    print("WHILE TYPING", "botocore.session" in sys.modules and sys.modules["botocore.session"])
    print("BOTO3", "boto3" in sys.modules)
    return "123456"
app.dialogue.ask_code = typed
print("EXIT", run(COMMAND, app))
"""


def write_files(home):
    (home / "config").write_text(
        "[profile dev]\nregion = eu-central-1\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n"
        "endpoint_url = http://127.0.0.1:9\n"
    )
    credentials = home / "credentials"
    credentials.write_text(
        f"[dev]\naws_access_key_id = {KEY.id}\naws_secret_access_key = {KEY.secret}\n"
    )
    credentials.chmod(0o600)


def ask(home, broken="", command=("mfa-session", "--profile", "dev", "--format", "sh")):
    write_files(home)
    words = [sys.executable, "-c", PROMPT, str(home), broken, *command]
    return subprocess.run(words, capture_output=True, text=True, timeout=110, check=False)


@pytest.mark.posix("nothing is loaded in a thread there")
def test_what_a_call_needs_is_loaded_while_somebody_types_the_code(tmp_path):
    done = ask(tmp_path)
    assert "WHILE TYPING <module 'botocore.session'" in done.stdout, done.stderr
    assert "EXIT 5" in done.stdout
    assert done.stderr.startswith("awscreds: cannot reach http://127.0.0.1:9")


@pytest.mark.posix("nothing is loaded in a thread there")
def test_what_a_rotation_needs_is_loaded_while_somebody_types_the_code(tmp_path):
    done = ask(tmp_path, command=("rotate", "--all", "--yes"))
    assert "BOTO3 True" in done.stdout, done.stderr
    assert "BOTO3 False" in ask(tmp_path).stdout


@pytest.mark.posix("nothing is loaded in a thread there")
@pytest.mark.parametrize("broken", ["botocore.session", "botocore.loaders", "urllib3"])
def test_what_cannot_be_loaded_is_reported_by_the_call_and_only_once(tmp_path, broken):
    done = ask(tmp_path, broken)
    assert "WHILE TYPING" in done.stdout, done.stderr
    assert "EXIT 1" in done.stdout
    assert "Traceback" not in done.stderr
    assert done.stderr.count("awscreds: ") == 1


NO_THREAD = """
import _thread
def refused(*_):
    raise RuntimeError("can't start new thread")
_thread.start_new_thread = refused
from awscreds.app.dialogue import Dialogue
Dialogue.ask_code = lambda *_: "123456"
from awscreds.__main__ import main
main()
"""


@pytest.mark.posix("nothing is loaded in a thread there")
def test_where_no_thread_can_begin_the_code_is_asked_for_and_aws_is_asked_all_the_same(tmp_path):
    done = run_program(tmp_path, NO_THREAD)
    assert done.returncode == 5
    assert "cannot reach http://127.0.0.1:9" in done.stderr


INTERRUPTED = """
import sys, threading
class Hangs:
    def find_spec(self, name, *_):
        if name.startswith("botocore"):
            threading.Event().wait()
sys.meta_path.insert(0, Hangs())
from awscreds.app.dialogue import Dialogue
def interrupt(*_):
    raise KeyboardInterrupt
Dialogue.ask_code = interrupt
from awscreds.__main__ import main
main()
"""


def run_program(home, code):
    write_files(home)
    environment = {
        "HOME": str(home),
        "AWS_CONFIG_FILE": str(home / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(home / "credentials"),
    }
    words = [sys.executable, "-c", code, "mfa-session", "--profile", "dev", "--format", "sh"]
    return subprocess.run(
        words, env=environment, capture_output=True, text=True, timeout=110, check=False
    )


@pytest.mark.posix("nothing is loaded in a thread there")
def test_ctrl_c_at_the_question_waits_for_nothing_that_is_being_loaded(tmp_path):
    done = run_program(tmp_path, INTERRUPTED)
    assert (done.returncode, done.stdout.strip(), done.stderr.strip()) == (130, "false", "")


# -- a server that never comes to an end -----------------------------------------------------------


@contextlib.contextmanager
def dripping(begin):
    """The address of a server that answers ``begin``, and then a byte each tenth of a second."""
    is_over = threading.Event()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            self.request.recv(65_536)
            self.wfile.write(b"HTTP/1.1 200 OK\r\n" + begin)
            with contextlib.suppress(OSError):
                while not is_over.wait(0.1):
                    self.wfile.write(b"x")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads, server.block_on_close = True, False
        threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        is_over.set()
        server.shutdown()


@pytest.mark.parametrize("begin", [b"X-Long: ", b"Content-Length: 60000\r\n\r\n"])
@pytest.mark.parametrize(
    "ask",
    [
        lambda endpoint: Aws().caller_identity(KEY, endpoint),
        lambda endpoint: Iam(KEY, endpoint).list_access_keys("alice"),
    ],
    ids=["sts", "iam"],
)
def test_an_answer_that_drips_is_not_waited_for(monkeypatch, ask, begin):
    """Each byte comes in time, and the last one never."""
    monkeypatch.setattr(clients, "ANSWER_SECONDS", 0.5)
    with dripping(begin) as url, pytest.raises(AwsError) as caught:
        ask(ServiceEndpoint("us-east-1", url))
    assert caught.value.code == "aws-unreachable"
    assert "timed out while waiting for an answer" in caught.value.message


def test_a_new_key_whose_answer_drips_is_a_lost_answer(monkeypatch):
    monkeypatch.setattr(clients, "ANSWER_SECONDS", 0.5)
    with (
        dripping(b"Content-Length: 60000\r\n\r\n") as url,
        pytest.raises(AnswerLost, match="AWS did not answer in time"),
    ):
        Iam(KEY, ServiceEndpoint("us-east-1", url)).create_access_key("alice")
