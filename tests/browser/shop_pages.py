"""A shop with two pages and a login, on this machine, for a real browser to visit.

Its server does what a shop's server does: it takes orders from its pages and reads the browser script's cookie.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Cordless drill</title>
<meta name="viewport" content="width=device-width">
<script>window.dampf = window.dampf || function () {{ (dampf.q = dampf.q || []).push(arguments) }}; {before}</script>
<script src="{script}" {attributes}></script></head>
<body><h1>Cordless drill</h1>
<script>var drill = {{product_id: 'drill', name: 'Cordless drill', price: 0.01}}</script>
<button id="view" onclick="dampf('Product Viewed', drill)">Look</button>
<button id="add" onclick="dampf('Product Added', {{...drill, quantity: 1, cart_id: 'c1'}})">Add</button>
<form method="post" action="/login"><input name="customer" value="anna"><button id="login">Log in</button></form>
</body></html>"""


@dataclass
class ShopPages:
    """`told` are the bodies that came to its own collector, `logins` the cookies that came with a login."""

    url: str
    script_text: str
    script: str = "/dampf.js"
    attributes: str = 'data-key="k1"'
    before: str = ""
    told: list[dict[str, Any]] = field(default_factory=list)
    content_types: list[str] = field(default_factory=list)
    logins: list[str | None] = field(default_factory=list)

    @property
    def page(self) -> str:
        return PAGE.format(script=self.script, attributes=self.attributes, before=self.before)

    @property
    def names(self) -> list[str]:
        return [each["name"] for each in self.told]


@contextmanager
def shop_pages(script_text: str) -> Iterator[ShopPages]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_script = self.path == "/dampf.js"
            self._say(shop.script_text if is_script else shop.page, "text/javascript" if is_script else "text/html")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            if self.path == "/login":
                cookie = SimpleCookie(self.headers["Cookie"] or "").get("dampf_id")
                shop.logins.append(cookie.value if cookie is not None else None)
                self._say("<h1>Hello Anna</h1>", "text/html")
                return
            shop.told.append(json.loads(body))
            shop.content_types.append(self.headers["Content-Type"])
            self._say("", "text/plain")

        def _say(self, text: str, kind: str) -> None:
            content = text.encode()
            self.send_response(200)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's signature
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    shop = ShopPages(url=f"http://127.0.0.1:{server.server_address[1]}/", script_text=script_text)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield shop
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
