"""What the console must be told beside the channels' settings; `gateway` fills it from its own."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class ConsoleConfig:
    """Single sign-on by OpenID Connect: without an issuer there is none. `oidc_role_claim` names the claim of the
    identity token that says `product`, `support` or `admin` (or a list with one of them)."""

    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = field(default="", repr=False)
    oidc_role_claim: str = "duely_role"
