"""A minimal backend for the vendor's widget. Standard library only.

The page gets a widget token for one customer and nothing else: neither the organization's credentials nor another
token. airlift checks the origin, the workspace and the address of the frame before it hands the token over.

    AIRBYTE_CLIENT_ID=… AIRBYTE_CLIENT_SECRET=… python3 server.py 3000
"""

import http.server
import pathlib
import subprocess
import sys

PAGE = pathlib.Path(__file__).with_name("index.html")
AIRLIFT = ["airlift", "token", "widget", "--reveal"]


def customer_of(handler):
    """The customer of the user who is logged in. Replace this with your sessions."""
    return "acme-corp"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path != "/":
            return self.answer(404, b"", "text/plain")
        self.answer(200, PAGE.read_bytes(), "text/html; charset=utf-8")

    def do_POST(self):
        # Only a page of this origin may ask for a token.
        if self.path != "/widget-token" or self.headers.get("Origin") != self.server.origin:
            return self.answer(403, b"", "text/plain")
        command = [*AIRLIFT, "--customer", customer_of(self), "--origin", self.server.origin]
        result = subprocess.run(command, capture_output=True)
        if result.returncode != 0:
            # The reason is for the operator, not for the page.
            sys.stderr.buffer.write(result.stderr)
            return self.answer(502, b"", "text/plain")
        self.answer(200, result.stdout, "text/plain")

    def answer(self, status, body, kind):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.origin = f"http://localhost:{port}"
    server.serve_forever()
