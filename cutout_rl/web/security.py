"""Who may talk to the page."""

import secrets
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
COOKIE: Final = "cutout_rl_token"
_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


class Gate:
    """Turns away requests of other sites, and of those without the token where one is asked for.

    - The Host header must name the loopback interface, or what the server was bound to, so that no other site's name
      can be pointed here (DNS rebinding). Behind a token any name will do, for a site that is not this one lacks the
      token's cookie.
    - A request that carries an Origin header must come from the page itself; a websocket must carry one.
    - The token comes once in the address and from then on in a cookie that scripts cannot read.
    """

    def __init__(self, app: ASGIApp, host: str, token: str | None) -> None:
        """Guard an application.

        Args:
            app: what is guarded.
            host: what the server is bound to.
            token: what clients must know, None where loopback alone is served.
        """
        self._app = app
        self._hosts = {*LOOPBACK, host.lower()}
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        reason = self._refusal(scope, headers)
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if reason is None and self._token is not None and not self._knows(headers):
            if scope["type"] == "http" and scope["path"] == "/" and _same(given, self._token):
                home = RedirectResponse("/", 303)
                home.set_cookie(COOKIE, self._token, httponly=True, samesite="lax")
                await home(scope, receive, send)
                return
            reason = "Open the address with the token that the server printed."
        if reason is None:
            await self._app(scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            await PlainTextResponse(reason + "\n", 403)(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> str | None:
        host = headers.get("host", "")
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            name = ""
        if not name or (self._token is None and name.lower() not in self._hosts):
            return "This server does not go by that name."
        origin = headers.get("origin")
        if origin is None:
            return "A websocket must say where it comes from." if scope["type"] == "websocket" else None
        if _netloc(origin) != host.lower():
            return "Another site may not talk to this server."
        return None

    def _knows(self, headers: Headers) -> bool:
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return False
        return cookie is not None and self._token is not None and _same(cookie.value, self._token)


def new_token() -> str:
    """Draw a token that nobody guesses."""
    return secrets.token_urlsafe(24)


def _netloc(origin: str) -> str:
    """Give host and port of an origin in lower case; empty where it is none, as "null" is."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _same(given: str, token: str) -> bool:
    return secrets.compare_digest(given.encode(), token.encode())


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(_HEADERS)
        await send(message)

    return send_with_headers
