"""A cold start pays for what it uses: importing a handler reads no setting of ours and reaches no AWS."""

import os
import subprocess
import sys

import pytest

WATCH = """
import os, sys
sys.path[:0] = {paths!r}
class Watched(dict):
    def __getitem__(self, name):
        assert not name.startswith(("DAMPF", "AWS_")), name
        return dict.__getitem__(self, name)
    def get(self, name, default=None):
        assert not name.startswith(("DAMPF", "AWS_ACC")), name
        return dict.get(self, name, default)
os.environ = Watched(os.environ)
import socket
def refuse(*arguments): raise AssertionError("a socket")
socket.socket.connect = refuse
import functions.{name}.app
assert "boto3" not in sys.modules
"""


@pytest.mark.parametrize("name", ["ingest", "evaluate", "deliver", "clock", "collect"])
def test_importing_a_handler_touches_neither_aws_nor_the_environment(root, name):
    paths = [str(root), str(root / "layers/dampf")]
    bare = {key: value for key, value in os.environ.items() if not key.startswith(("DAMPF", "AWS"))}
    done = subprocess.run(
        [sys.executable, "-c", WATCH.format(paths=paths, name=name)],
        env=bare,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
