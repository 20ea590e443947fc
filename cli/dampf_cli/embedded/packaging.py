"""Puts functions and layers into zips and rewrites the template's folder URIs, as `sam package` does for AWS.

Third-party packages are not put in: the emulator runs every function with the Python of this very venv, which has
them. Each zip carries its modules compiled (hash-based and unchecked, since unpacking changes the times), so that a
cold start compiles nothing.
"""

from __future__ import annotations

import hashlib
import io
import py_compile
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FUNCTION = "AWS::Serverless::Function"
LAYER = "AWS::Serverless::LayerVersion"
URI_OF = {FUNCTION: "CodeUri", LAYER: "ContentUri"}
# `sam build` puts a Python layer's packages below this folder, where Lambda looks for them.
LAYER_FOLDER = "python/"
# Fixed, so that equal sources give equal zips.
ZIP_TIME = (2026, 1, 1, 0, 0, 0)


@dataclass(frozen=True, kw_only=True)
class Archive:
    """One zip, ready to be uploaded under a name that is its content's hash."""

    key: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class PackagedTemplate:
    template: Mapping[str, Any]
    archives: tuple[Archive, ...]


class NotPackageable(Exception):
    """A folder that the template names is not there."""


def package(template: Mapping[str, Any], *, folder: Path, bucket: str) -> PackagedTemplate:
    """The template with every local code folder replaced by its object in `bucket`, and the objects to upload."""
    archives: dict[Path, Archive] = {}
    default_uri = template.get("Globals", {}).get("Function", {}).get("CodeUri")
    resources = dict(template["Resources"])
    for name, resource in resources.items():
        kind = resource.get("Type")
        if kind not in URI_OF:
            continue
        properties = resource.get("Properties", {})
        uri = properties.get(URI_OF[kind], default_uri if kind == FUNCTION else None)
        if not isinstance(uri, str) or uri.startswith("s3://"):
            continue
        source = (folder / uri).resolve()
        if not source.is_dir():
            raise NotPackageable(f"{name}: the folder {uri} of its {URI_OF[kind]} does not exist")
        if source not in archives:
            archives[source] = archive(source, prefix=LAYER_FOLDER if kind == LAYER else "")
        stored = f"s3://{bucket}/{archives[source].key}"
        resources[name] = {**resource, "Properties": {**properties, URI_OF[kind]: stored}}
    packaged = {**template, "Resources": resources}
    if default_uri is not None:
        function_globals = {key: value for key, value in template["Globals"]["Function"].items() if key != "CodeUri"}
        packaged["Globals"] = {**template["Globals"], "Function": function_globals}
    return PackagedTemplate(template=packaged, archives=tuple(archives.values()))


def archive(source: Path, *, prefix: str) -> Archive:
    """A reproducible zip of a folder's files below `prefix`, Python modules together with their compiled form."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as zipped, tempfile.TemporaryDirectory() as scratch:
        for path in files_of(source):
            name = prefix + path.relative_to(source).as_posix()
            zipped.writestr(zipfile.ZipInfo(name, ZIP_TIME), path.read_bytes())
            if path.suffix == ".py":
                compiled_name, compiled = compile_module(path, name, Path(scratch))
                zipped.writestr(zipfile.ZipInfo(compiled_name, ZIP_TIME), compiled)
    content = buffer.getvalue()
    return Archive(key=f"{hashlib.sha256(content).hexdigest()[:32]}.zip", content=content)


def files_of(source: Path) -> Iterator[Path]:
    for path in sorted(source.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc":
            yield path


def compile_module(path: Path, name: str, scratch: Path) -> tuple[str, bytes]:
    """The name and content of the module's `__pycache__` file; a module that does not compile fails the deployment."""
    import importlib.util

    target = scratch / "module.pyc"
    py_compile.compile(
        str(path),
        cfile=str(target),
        dfile=name,
        doraise=True,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    return importlib.util.cache_from_source(name), target.read_bytes()
