"""A content folder on its way into a player or a stack: read, checked, and refused as a whole if it has errors."""

import sys
from dataclasses import replace
from pathlib import Path

from dampf.campaigns.checking import check_folder
from dampf.campaigns.content import Content
from dampf_cli.errors import CommandError, WrongUse


def read(directory: Path) -> Content:
    """The folder's content. Prints every error to stderr and raises CommandError where there is one."""
    if not directory.is_dir():
        raise WrongUse(f"{directory}: there is no such folder")
    reading = check_folder(directory)
    errors = [finding for finding in reading.findings if finding.level == "error"]
    for finding in errors:
        print(replace(finding, file=str(directory / finding.file)), file=sys.stderr)
    if errors:
        raise CommandError(f"{directory}: {len(errors)} error{'s' * (len(errors) > 1)}, nothing was sent")
    return reading.content
