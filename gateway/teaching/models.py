"""Which model file belongs to which sentences, and the one that members are to talk to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

from billing_core import Core
from console.teach import candidates
from console.teach.port import Written
from gateway import training
from gateway.teaching import data
from gateway.training import ROOT, TrainingFailed

log = structlog.get_logger(__name__)
# So many models with taught sentences are kept beside those that are in force or waited for: a way back at once.
KEPT = 3


def fresh(sentences: Sequence[Written], root: Path = ROOT) -> list[Written]:
    """Those that are not in the files yet: what was exported and committed is part of the files' own model."""
    known = data.duplicates(sentences, root)
    return [each for each in sentences if each not in known]


def path_of(sentences: Sequence[Written], root: Path = ROOT) -> Path:
    """Where the model of the files with these sentences is, or will be; without any it is that of the files."""
    added = fresh(sentences, root)
    if not added:
        return training.model_path(root)
    said = json.dumps(sorted(added)).encode()
    name = hashlib.sha256(training.fingerprint(root).encode() + said).hexdigest()[:12]
    return root / "models" / f"taught-{name}.tar.gz"


def train(
    sentences: Sequence[Written],
    progress: Callable[[str], None],
    root: Path = ROOT,
    *,
    behind: bool = False,
    goes_on: Callable[[], bool] = lambda: True,
) -> Path:
    """The model of the files with these sentences, trained if it is not there. Raises TrainingFailed."""
    model = path_of(sentences, root)
    if model.is_file():
        return model
    if not fresh(sentences, root):
        return training.ensure_model(progress, root)
    folder = root / "var/teaching" / model.name.removesuffix(".tar.gz")
    copied = data.copy_with(sentences, folder, root)
    training.train(
        model, root / "var/train_candidate.log", progress, root, data=str(copied), behind=behind, goes_on=goes_on
    )
    return model


def wanted(core: Core, progress: Callable[[str], None], root: Path = ROOT) -> Path:
    """The model that members are to talk to at a start: of the files as they are now and the sentences in force.

    Taught sentences that cannot be trained any more must not keep Duely from starting: then it is that of the files.
    """
    sentences = candidates.taught_by(candidates.in_force(core))
    try:
        return train(sentences, progress, root)
    except TrainingFailed as failed:
        if not sentences:
            raise
        log.error("taught_model_failed", reason=str(failed)[-400:])
        progress("The promoted model could not be trained with the files as they are; starting with the files' own.")
        return training.ensure_model(progress, root)


def prune(core: Core, root: Path = ROOT) -> None:
    """Remove models with taught sentences that nobody goes back to."""
    live = candidates.in_force(core)
    base = candidates.of(core, live.base_id) if live is not None and live.base_id is not None else None
    keep = {each.model for each in (live, base, candidates.undecided(core)) if each is not None}
    models = sorted((root / "models").glob("taught-*.tar.gz"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in [path for path in models if path.name not in keep][KEPT:]:
        old.unlink(missing_ok=True)
