"""What a billing day did, counted by step."""

from __future__ import annotations

from collections import Counter

# In the order in which a day does them; `rejected` counts drafts and scheduled payments that were declined.
STEPS = (
    "issued",
    "drafted",
    "settled",
    "rejected",
    "retried",
    "pending_applied",
    "grace_started",
    "terminated",
    "told",
)
Tally = Counter[str]
