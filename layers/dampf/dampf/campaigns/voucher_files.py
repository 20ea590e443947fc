"""The codes of list pools: `vouchers/*.csv`, one code in a line, in its first column. Says what is wrong, by line."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from dampf.campaigns.content import Content
from dampf.campaigns.fields import CODES_FILE
from dampf.campaigns.findings import Finding
from dampf.campaigns.yaml_text import YamlDocument

HEADINGS: Final = frozenset({"code", "codes", "coupon", "voucher"})
_CODE: Final = re.compile(r"[!-~]{1,64}")


def read_codes(folder: Path, content: Content, shop: YamlDocument | None) -> Iterator[Finding]:
    """Puts the codes of each list pool into the content. A code is in one pool, whatever the case of its letters."""
    pools = content.shop.get("voucher_pools")
    taken: dict[str, str] = {}
    for name, pool in pools.items() if isinstance(pools, dict) and shop is not None else ():
        file = pool.get("file") if isinstance(pool, dict) and pool.get("kind") == "list" else None
        if not isinstance(file, str) or not CODES_FILE.fullmatch(file):
            continue
        path = folder / file
        if not path.is_file():
            line, column = shop.value_place(("voucher_pools", name, "file")) if shop is not None else (1, 0)
            yield Finding(file="shop.yaml", line=line, column=column, message=f"there is no file {file}")
            continue
        codes: list[str] = []
        yield from _codes_in(path, file, codes, taken)
        content.codes[name] = tuple(codes)


def _codes_in(path: Path, file: str, codes: list[str], taken: dict[str, str]) -> Iterator[Finding]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        yield Finding(file=file, line=1, message="is not UTF-8 text")
        return
    is_empty = True
    for number, line in enumerate(lines, start=1):
        code = re.split("[,;\t]", line, maxsplit=1)[0].strip().strip('"').strip()
        if not code or (number == 1 and code.lower() in HEADINGS):
            continue
        is_empty = False
        if not _CODE.fullmatch(code):
            text = "a code of up to 64 letters, digits and signs without spaces expected"
            yield Finding(file=file, line=number, message=text)
            continue
        if before := taken.get(code.upper()):
            yield Finding(file=file, line=number, message=f"the code `{code}` stands already in {before}")
            continue
        taken[code.upper()] = f"{file}:{number}"
        codes.append(code)
    if is_empty:
        yield Finding(file=file, line=1, message="has no codes: one in each line is expected")
