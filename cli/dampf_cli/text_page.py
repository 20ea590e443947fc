"""A text message as a telephone shows it: one page that asks nobody for anything."""

from typing import Final

from dampf_cli.pages.rendering import environment

_PAGE: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ shop }}: text message</title>
<style>
  :root { color-scheme: light dark; }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; font: 17px/1.4 system-ui, sans-serif;
         background: light-dark(#e8e4dc, #101517); color: light-dark(#1b2326, #eceae4); }
  main { box-sizing: border-box; width: min(100vw - 32px, 360px); min-height: 480px; padding: 20px 16px;
         border-radius: 32px; background: light-dark(#fffdf9, #181e21); }
  h1 { margin: 0 0 24px; font-size: 15px; font-weight: 600; text-align: center; }
  .bubble { margin: 0; max-width: 85%; padding: 10px 14px; border-radius: 18px 18px 18px 4px; white-space: pre-line;
            overflow-wrap: anywhere; background: light-dark(#ede9e0, #2a3337); }
  .parts { margin: 8px 4px; font-size: 13px; opacity: .75; }
</style>
<main>
  <h1>{{ shop }}</h1>
  <p class="bubble">{{ text }}</p>
  <p class="parts">{{ parts | plural("part") }}</p>
</main>
</html>
"""


def page_of(text: str, shop: str, parts: int) -> str:
    return environment().from_string(_PAGE).render(text=text, shop=shop, parts=parts)
