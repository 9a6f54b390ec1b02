"""The trained model: which one belongs to the sources as they are, and how it comes to be.

A model is named by a fingerprint of everything it is made from, so a change of one training sentence asks for a new
one and nothing else does. Training runs in Rasa's own environment as a child process; nothing of Rasa is imported here.
"""

import hashlib
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ROOT / "bot/runtime/.venv/bin/python"
KEPT_MODELS = 3
LOG_TAIL_LINES = 25
LOOK_EVERY_S = 2.0
# How far a training stands behind (nice) where members are served at the same time.
BEHIND = 10
TRAINING_LIMIT_S = 900.0


class TrainingFailed(RuntimeError):
    """No model could be made; the message names the log and shows its end."""


def runtime_environment(**more: str) -> dict[str, str]:
    """The environment of every process that runs Rasa: quiet, on the CPU, with the repository on its path.

    `PYTHONPATH` is replaced, not extended, so that no package of the 3.11 environment can leak into the 3.10 one.
    """
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore",
        "RASA_TELEMETRY_ENABLED": "false",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        "RASA_MAX_CACHE_SIZE": "0",
        "TQDM_DISABLE": "1",
        "LOG_LEVEL": "WARNING",
        **more,
    }


def _sources(root: Path) -> Iterator[Path]:
    yield root / "config.yml"
    yield root / "bot/domain.yml"
    yield root / "bot/runtime/requirements.lock"
    yield from sorted((root / "bot/data").rglob("*.yml"))
    yield from sorted((root / "bot/runtime").glob("*.py"))


def fingerprint(root: Path = ROOT) -> str:
    """Twelve hexadecimal digits over the name and content of everything the model is made from. Missing files count
    as empty, so the fingerprint is always an answer; training is what reports them."""
    digest = hashlib.sha256()
    for path in _sources(root):
        content = path.read_bytes() if path.is_file() else b""
        digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:12]


def model_path(root: Path = ROOT) -> Path:
    """Where the model of the present sources is, or will be."""
    return root / "models" / f"duely-{fingerprint(root)}.tar.gz"


def ensure_model(progress: Callable[[str], None], root: Path = ROOT) -> Path:
    """The model of the present sources, trained first if it is not there; `progress` gets plain lines.

    Raises TrainingFailed with the end of `var/train.log`. Older models but the newest three are removed.
    """
    model = model_path(root)
    if model.is_file():
        return model
    log_path = root / "var/train.log"
    progress("Training the language model: the sentences, the rules or the pipeline changed (about a minute).")
    started = time.monotonic()
    train(model, log_path, progress, root)
    progress(f"Trained {model.name} in {time.monotonic() - started:.0f} s.")
    _prune(model)
    return model


def train(
    model: Path,
    log_path: Path,
    progress: Callable[[str], None],
    root: Path = ROOT,
    *,
    data: str = "bot/data",
    behind: bool = False,
    goes_on: Callable[[], bool] = lambda: True,
) -> None:
    """Train the file `model` from the sources with the sentences and rules of the folder `data`.

    `behind` gives way to whoever serves members, and the training is ended when `goes_on` says no. Raises
    TrainingFailed with the end of the log.
    """
    if not PYTHON.exists():
        raise TrainingFailed(f"Rasa's environment is missing ({PYTHON}): run `make setup`.")
    log_path.parent.mkdir(parents=True, exist_ok=True)
    # Into a folder of its own and then renamed: a training that is cut short leaves no half model under the name.
    unfinished = model.parent / f".training-{os.getpid()}-{model.name}"
    unfinished.mkdir(parents=True, exist_ok=True)
    name = model.name.removesuffix(".tar.gz")
    command = [str(PYTHON), "-m", "bot.runtime.train", "--name", name, "--output", str(unfinished), "--data", data]
    try:
        with log_path.open("w", encoding="utf-8") as log:
            # The pipe is the child's lifeline (bot/runtime/lifeline.py): it ends if this process dies.
            child = subprocess.Popen(
                command, cwd=root, env=runtime_environment(PYTHONPATH=str(root)), stdin=subprocess.PIPE, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
            if behind:
                os.setpriority(os.PRIO_PROCESS, child.pid, BEHIND)
            try:
                status = _wait(child, log_path, progress, goes_on)
            finally:
                if child.poll() is None:
                    child.kill()
                    child.wait()
                if child.stdin:
                    child.stdin.close()
        trained = unfinished / model.name
        if status != 0 or not trained.is_file():
            raise TrainingFailed(f"Training failed (status {status}). The end of {log_path}:\n{log_tail(log_path)}")
        trained.replace(model)
    finally:
        for leftover in unfinished.glob("*"):
            leftover.unlink()
        unfinished.rmdir()


def _wait(
    child: subprocess.Popen[bytes], log_path: Path, progress: Callable[[str], None], goes_on: Callable[[], bool]
) -> int:
    """Waits for the end, telling every few seconds which part is being trained."""
    started, told = time.monotonic(), ""
    while True:
        try:
            return child.wait(timeout=LOOK_EVERY_S)
        except subprocess.TimeoutExpired:
            elapsed_s = time.monotonic() - started
            if not goes_on():
                raise TrainingFailed("The training was ended before its time.") from None
            if elapsed_s > TRAINING_LIMIT_S:
                raise TrainingFailed(
                    f"Training took longer than {TRAINING_LIMIT_S:.0f} s. The end of {log_path}:\n{log_tail(log_path)}"
                ) from None
            starts = [line for line in log_path.read_text(errors="replace").splitlines() if "Starting to train" in line]
            if starts and starts[-1] != told:
                told = starts[-1]
                part = told.partition("'")[2].partition("'")[0]
                progress(f"  {elapsed_s:.0f} s: {part}")


def log_tail(log_path: Path, lines: int = LOG_TAIL_LINES) -> str:
    """The last lines of a log, for an error message; empty when there is no log."""
    if not log_path.is_file():
        return ""
    return "\n".join(log_path.read_text(errors="replace").splitlines()[-lines:])


def _prune(newest: Path) -> None:
    models = sorted(newest.parent.glob("duely-*.tar.gz"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in [path for path in models if path != newest][KEPT_MODELS - 1 :]:
        old.unlink(missing_ok=True)
