"""Where engines are kept: outside the work tree, shared by all checkouts of a user."""

import hashlib
import os
from pathlib import Path

from platformdirs import user_cache_path

VERSION = "3.259.0"
MODULE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
VERSION_SYMBOL = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
# Without the version the Automation API cannot parse what `pulumi version` prints.
BUILD_FLAGS = ("-trimpath", "-buildvcs=false", "-ldflags", f"-s -w -X {VERSION_SYMBOL}=v{VERSION}")
MODULE_FILES = ("go.mod", "go.sum")
SOURCE = Path(__file__).parent


def cache_root() -> Path:
    """Return `$MODEL_SERVING_CACHE`, else the user's cache folder."""
    chosen = os.environ.get("MODEL_SERVING_CACHE")
    return Path(chosen) if chosen else user_cache_path("model-serving")


def built_engine_folder() -> Path:
    """Return the folder, with `bin/pulumi`, for the engine that this checkout's module files and flags build."""
    sha256 = hashlib.sha256("\0".join(BUILD_FLAGS).encode())
    for name in MODULE_FILES:
        sha256.update((SOURCE / name).read_bytes())
    return cache_root() / "engine" / sha256.hexdigest()[:16]


def installed_engine_folder() -> Path:
    """Return the folder, with `bin/pulumi`, for the engine that the official installer brings."""
    return cache_root() / "engine" / f"official-{VERSION}"
