"""The pages that `dampf run` serves: what happened, the mailbox of sent mails, and the people.

    with serve(window, port=8025, on_unsubscribe=post_as_a_mail_program_would) as server:
        print(server.url)

They only look: all they know comes through a `Window`, and nothing that a browser can GET changes anything.
"""

from dampf_cli.pages.routes import Response
from dampf_cli.pages.server import Server, serve
from dampf_cli.pages.window import OneClick, Public, PublicPagesFailed, UnsubscribeFailed, Window

__all__ = [
    "OneClick",
    "Public",
    "PublicPagesFailed",
    "Response",
    "Server",
    "UnsubscribeFailed",
    "Window",
    "serve",
]
