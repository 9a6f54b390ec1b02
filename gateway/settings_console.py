"""The console's settings: a part of the one table in `gateway.settings`."""

from __future__ import annotations

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from console.config import ConsoleConfig


class ConsoleSettings(BaseSettings):
    """Single sign-on of the console; without an issuer people sign in with a name and password of ours."""

    console_oidc_issuer: str = Field(
        default="", description="The console's single sign-on (OpenID Connect): its issuer, exactly; empty: none"
    )
    console_oidc_client_id: str = Field(default="", description="Our client id there; needed with the issuer")
    console_oidc_client_secret: SecretStr = Field(
        default=SecretStr(""), description="Our client secret there; needed with the issuer"
    )
    console_oidc_role_claim: str = Field(
        default="duely_role", description="The claim that says `product`, `support` or `admin`, or lists one of them"
    )

    def for_console(self) -> ConsoleConfig:
        """What the console is told."""
        return ConsoleConfig(
            oidc_issuer=self.console_oidc_issuer,
            oidc_client_id=self.console_oidc_client_id,
            oidc_client_secret=self.console_oidc_client_secret.get_secret_value(),
            oidc_role_claim=self.console_oidc_role_claim,
        )
