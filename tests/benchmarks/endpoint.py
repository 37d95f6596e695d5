"""An endpoint of STS that answers at once, and counts.

The sandbox takes each MFA code once, and checks and thinks: for sessions, its time would flatter
every ratio. It counts calls, too, for rotations.
"""

import contextlib
import datetime as dt
import http.server
import threading
import urllib.parse

ID = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # AWS's documentation example
SESSION_ID = "ASIAIOSFODNN7EXAMPLE"
ACCOUNT = "123456789012"
SERIAL = f"arn:aws:iam::{ACCOUNT}:mfa/alice"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/deploy"
CODE = "123456"
REGION = "eu-central-1"


class Sts(http.server.BaseHTTPRequestHandler):
    """GetSessionToken, AssumeRole and GetCallerIdentity, answered without a thought."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        action = urllib.parse.parse_qs(self.rfile.read(length).decode())["Action"][0]
        with self.server.lock:
            self.server.calls += 1
        end = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
        session = (
            f"<Credentials><AccessKeyId>{SESSION_ID}</AccessKeyId>"
            f"<SecretAccessKey>{SECRET}</SecretAccessKey><SessionToken>{'t' * 400}</SessionToken>"
            f"<Expiration>{end:%Y-%m-%dT%H:%M:%SZ}</Expiration></Credentials>"
        )
        if action == "AssumeRole":
            arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/x"
            user = f"<Arn>{arn}</Arn><AssumedRoleId>AROA3XFRBF23EXAMPLE:x</AssumedRoleId>"
            session += f"<AssumedRoleUser>{user}</AssumedRoleUser>"
        elif action == "GetCallerIdentity":
            session = (
                f"<Arn>arn:aws:iam::{ACCOUNT}:user/alice</Arn>"
                f"<UserId>AIDACKCEVSQ6C2EXAMPLE</UserId><Account>{ACCOUNT}</Account>"
            )
        body = (
            f'<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
            f"<{action}Result>{session}</{action}Result></{action}Response>"
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Nothing."""


@contextlib.contextmanager
def endpoint():
    """A server; ``calls`` is how many it has had, ``url`` where it is."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sts) as server:
        server.calls, server.lock = 0, threading.Lock()
        server.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
