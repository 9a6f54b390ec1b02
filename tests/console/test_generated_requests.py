"""Every page and form of ours under generated requests, by somebody who may do everything: no server error, no form
without its policy, and nothing of what was sent in a problem that is told."""

from __future__ import annotations

import os
from typing import Any

import schemathesis
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from schemathesis.core import NOT_SET

from tests.console.conftest import Office, field, named

EXAMPLES = 150 if os.environ.get("DUELY_SOAK") == "1" else 3
SEED = int(os.environ.get("DUELY_SEED", "1"))
# What would end the visit that all the others need.
ENDS = {"/console/sign-out", "/sign-out"}


def described(app: Any) -> Any:
    """The app's routes of every kind as schemathesis reads them: those that the public description leaves out too."""
    routes = list(iter_route_contexts(app.routes))
    for each in routes:
        each._effective_route.include_in_schema = True  # type: ignore[union-attr]
    return schemathesis.openapi.from_dict(get_openapi(title="every route", version="1", routes=routes))


def body(case: Any) -> dict[str, Any]:
    """The generated body as the route reads it: JSON, or the fields of a form."""
    if case.body is NOT_SET:
        return {}
    if case.media_type == "application/json":
        return {"json": case.body}
    return {"data": {name: str(value) for name, value in case.body.items()}} if isinstance(case.body, dict) else {}


def test_no_generated_request_to_any_page_ends_in_a_server_error(sqlite_office: Office) -> None:
    known = named(sqlite_office)
    client = sqlite_office.person("admin")
    csrf = field(client.get("/console/conversations").text, "csrf")
    sent: dict[str, set[int]] = {}
    # Filled in right the forms do their work, so that what is refused below is refused for what was generated.
    for press, fields in (("take", {}), ("say", {"words": "Hello", "key": "k"})):
        answer = client.post(
            f"/console/live/{known['handoff_id']}/{press}", data={"csrf": csrf, **fields}, follow_redirects=False
        )
        assert answer.status_code == 303, press
    for found in described(client.app).get_all_operations():
        operation = found.ok()
        if operation.path in ENDS:
            continue

        # What addresses name is there in one half of the requests, and made up in the other.
        for real in (True, False):

            @seed(SEED)
            @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
            @given(case=operation.as_strategy(), real=st.just(real))
            def holds(case: Any, real: bool) -> None:
                if real:
                    case.path_parameters = {name: known[name] for name in case.path_parameters or {}}
                answer = client.request(
                    case.method, case.formatted_path, params=case.query, headers={"x-csrf-token": csrf}, **body(case)
                )
                sent.setdefault(case.operation.label, set()).add(answer.status_code)
                assert answer.status_code < 500, (case.operation.label, answer.status_code)
                if "text/html" in answer.headers.get("content-type", ""):
                    assert "script-src 'self'" in answer.headers["content-security-policy"]

            holds()
    print({label: sorted(statuses) for label, statuses in sent.items()})
    # The forms' fields are drawn, so that only these are sure to be more than refused.
    done = {label for label, statuses in sent.items() if statuses & {200, 303}}
    assert {"GET /console/conversations/{conversation_id}", "POST /console/live/{handoff_id}/take"} <= done
