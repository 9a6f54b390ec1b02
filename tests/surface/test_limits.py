"""How much and how often any address may ask, and that what is refused repeats nothing and looks like every page."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from channels import surface

Browse = Callable[..., TestClient]


def test_the_last_request_of_a_minute_is_served_and_the_next_is_not(browse: Browse) -> None:
    client = browse(requests_per_minute=3)
    assert [client.get("/").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert client.get("/").headers["retry-after"] == "60"


def test_what_changes_something_counts_for_more(browse: Browse) -> None:
    client = browse(requests_per_minute=surface.CHANGING_COSTS + 1)
    assert client.post("/demo/sign-in", data={"member": "lee"}, follow_redirects=False).status_code == 303
    assert [client.get("/healthz").status_code, client.get("/").status_code] == [200, 200]
    assert client.get("/").status_code == 429


def test_an_open_line_counts_for_as_much_as_a_change(browse: Browse) -> None:
    client = browse(requests_per_minute=2 * surface.CHANGING_COSTS)
    for _ in range(2):
        with pytest.raises(WebSocketDisconnect) as closed, client.websocket_connect("/chat/ws"):
            pass
        assert closed.value.code != surface.TRY_LATER
    with pytest.raises(WebSocketDisconnect) as closed, client.websocket_connect("/chat/ws"):
        pass
    assert closed.value.code == surface.TRY_LATER


def test_health_and_signed_webhooks_are_never_counted(browse: Browse) -> None:
    client = browse(requests_per_minute=1)
    assert client.get("/").status_code == 200
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 200
    assert client.post("/twilio/sms").status_code == 403
    assert client.get("/").status_code == 429


@pytest.mark.parametrize(
    ("proxies", "forwarded", "counted_as_one"),
    [
        (0, ["198.51.100.1", "198.51.100.2"], True),
        (1, ["198.51.100.1", "198.51.100.2"], False),
        (1, ["6.6.6.6, 198.51.100.1", "7.7.7.7, 198.51.100.1"], True),
        (2, ["198.51.100.1, 10.0.0.1", "198.51.100.2, 10.0.0.1"], False),
    ],
)
def test_an_address_is_what_our_own_proxies_saw(
    browse: Browse, proxies: int, forwarded: list[str], counted_as_one: bool
) -> None:
    client = browse(requests_per_minute=1, proxies=proxies)
    first, second = (client.get("/", headers={"x-forwarded-for": each}).status_code for each in forwarded)
    assert (first, second) == (200, 429 if counted_as_one else 200)


def test_a_body_one_byte_too_large_is_refused_and_one_byte_less_is_read(browse: Browse) -> None:
    client = browse()
    assert client.post("/nowhere", content=b"x" * surface.LARGEST_BODY).status_code == 404
    assert client.post("/nowhere", content=b"x" * (surface.LARGEST_BODY + 1)).status_code == 413


def test_a_body_that_hides_its_length_is_stopped_too(browse: Browse) -> None:
    def parts() -> Iterator[bytes]:
        yield from [b"x" * 65536] * (surface.LARGEST_BODY // 65536 + 1)

    assert browse().post("/stripe/webhook", content=parts()).status_code == 413


def test_a_path_longer_than_any_of_ours_is_refused(browse: Browse) -> None:
    assert browse().get("/" + "a" * surface.LONGEST_PATH).status_code == 414


def test_what_is_refused_carries_the_security_headers(browse: Browse) -> None:
    client = browse(requests_per_minute=1)
    client.get("/")
    assert "default-src 'none'" in client.get("/").headers["content-security-policy"]
