"""The public ASGI app: the channels' routes, the pages, and two questions about health."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from billing_core import cast
from channels import session
from channels.app import Channels, add_channels
from channels.entry_saving import save_entered
from channels.pages import SecurityHeaders, add_pages
from channels.surface import Limits
from console.app import ConsoleConfig, add_console
from console.teach.port import Teacher
from gateway import stripe_webhook

# What is missing before the stack can serve, each with its name: `{"database": True, "rasa": False}`.
Readiness = Callable[[], dict[str, bool]]


def build(
    channels: Channels,
    readiness: Readiness,
    *,
    stripe_webhook_secret: str = "",
    console: ConsoleConfig = ConsoleConfig(),
    teacher: Teacher | None = None,
) -> FastAPI:
    """The app over running channels; `readiness` is asked at every `/readyz`. Without its secret Stripe is refused, and
    without a teacher the console has no pages of review and teaching."""
    app = FastAPI(
        title="Duely",
        summary="A payment assistant that health-plan members text or chat with",
        docs_url=None,
        redoc_url=None,
    )
    add_channels(app, channels)
    app.include_router(stripe_webhook.router(channels.core, stripe_webhook_secret, partial(save_entered, channels)))
    add_pages(
        app,
        environment=channels.config.environment,
        signed_in=lambda request: session.visit(channels, request),
        cast=lambda: cast.MEMBERS,
        portals=channels.config.portal_origins,
    )

    add_console(app, channels, console, teacher=teacher)

    @app.get("/healthz", tags=["health"])
    def healthy() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    @app.get("/readyz", tags=["health"], responses={503: {"description": "Some part does not work; it is named"}})
    async def ready() -> JSONResponse:
        """Every part a turn needs works: database, Rasa with its model, queue. Beside it how many jobs failed for good
        and wait for an operator (`duely jobs list`), which takes nothing away from being ready."""
        parts = await run_in_threadpool(readiness)
        whole = all(parts.values())
        body: dict[str, object] = {"status": "ready" if whole else "not ready", "parts": parts}
        if whole:
            body["failed_jobs"] = len(await run_in_threadpool(channels.queue.failed))
        return JSONResponse(body, status_code=200 if whole else 503)

    # The last added is the outermost: what the limits refuse carries the security headers too.
    app.add_middleware(Limits, per_minute=channels.config.requests_per_minute, proxies=channels.config.proxies)
    app.add_middleware(SecurityHeaders, frame_ancestors=("'self'", *channels.config.portal_origins))
    return app
