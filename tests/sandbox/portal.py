"""A portal of IAM Identity Center that always gives the same answers, also wrong ones."""

import contextlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

ACCOUNT = "123456789012"
GOOD = {
    "/assignment/accounts": b'{"accountList": [{"accountId": "123456789012", "accountName": "A"}]}',
    "/assignment/roles": b'{"roleList": [{"roleName": "Admin", "accountId": "123456789012"}]}',
}
"""One account with one role."""


@contextlib.contextmanager
def portal_of(answers):
    """The address of a portal with these ``answers``, by path."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = answers[self.path.partition("?")[0]]
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
