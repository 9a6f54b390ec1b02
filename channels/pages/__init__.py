"""The web pages members see, their security headers, and the browser bundles they load."""

from channels.pages.router import add_pages
from channels.pages.security import SecurityHeaders, content_security_policy

__all__ = ["SecurityHeaders", "add_pages", "content_security_policy"]
