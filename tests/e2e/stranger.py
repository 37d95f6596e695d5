"""Somebody else's AWS: it takes every signature, and answers whatever it is told to."""

import contextlib
import http.server
import threading
from urllib.parse import parse_qs

CREATED = "2020-01-01T00:00:00Z"


class Stranger:
    """``arn`` is whose keys it says all keys are; ``keys`` are those it lists, with their status.

    ``asked`` are the actions it was asked for.
    """

    def __init__(self, host="127.0.0.2"):
        self.arn = "arn:aws:iam::123456789012:user/alice"
        self.user_id = "AIDASTRANGER"
        self.keys = {}
        self.asked = []
        self._server = http.server.ThreadingHTTPServer((host, 0), self._handler())
        self.url = "http://{}:{}".format(*self._server.server_address)

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def _handler(stranger):  # noqa: N805 - self is the handler's
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                asked = {name: values[0] for name, values in parse_qs(body).items()}
                stranger.asked.append(asked["Action"])
                answer = stranger.answer(asked["Action"], asked).encode()
                with contextlib.suppress(OSError):
                    self.send_response(200)
                    self.send_header("Content-Type", "text/xml")
                    self.send_header("Content-Length", str(len(answer)))
                    self.end_headers()
                    self.wfile.write(answer)

            def log_message(self, *_):
                pass

        return Handler

    def answer(self, action, asked):
        result = ""
        account = self.arn.split(":")[4]
        name = self.arn.rpartition("/")[2]
        if action == "GetCallerIdentity":
            result = (
                f"<Arn>{self.arn}</Arn><UserId>{self.user_id}</UserId><Account>{account}</Account>"
            )
        elif action == "ListAccessKeys":
            members = "".join(
                f"<member><UserName>{name}</UserName><AccessKeyId>{key_id}</AccessKeyId>"
                f"<Status>{status}</Status><CreateDate>{CREATED}</CreateDate></member>"
                for key_id, status in self.keys.items()
            )
            result = (
                f"<AccessKeyMetadata>{members}</AccessKeyMetadata><IsTruncated>false</IsTruncated>"
            )
        elif action == "CreateAccessKey":
            key_id = "AKIAEVILEVILEVILEVIL"
            self.keys[key_id] = "Active"
            result = (
                f"<AccessKey><UserName>{name}</UserName><AccessKeyId>{key_id}</AccessKeyId>"
                f"<Status>Active</Status><SecretAccessKey>{'e' * 40}</SecretAccessKey>"
                f"<CreateDate>{CREATED}</CreateDate></AccessKey>"
            )
        elif action == "GetAccessKeyLastUsed":
            result = (
                f"<UserName>{name}</UserName><AccessKeyLastUsed><ServiceName>N/A</ServiceName>"
                "<Region>N/A</Region></AccessKeyLastUsed>"
            )
        elif action == "DeleteAccessKey":
            self.keys.pop(asked["AccessKeyId"], None)
        elif action == "UpdateAccessKey" and asked["AccessKeyId"] in self.keys:
            self.keys[asked["AccessKeyId"]] = asked["Status"]
        space = (
            "sts.amazonaws.com/doc/2011-06-15/"
            if "Identity" in action
            else ("iam.amazonaws.com/doc/2010-05-08/")
        )
        return (
            f'<{action}Response xmlns="https://{space}"><{action}Result>{result}</{action}Result>'
            f"<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></{action}Response>"
        )
