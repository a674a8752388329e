"""Access control of the page."""

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


class AccessControl:
    """Middleware that refuses requests from other sites, and requests without the token if there is one.

    - Host: must name the loopback interface or the bound address, which stops DNS rebinding. With a token any name is
      accepted, because other sites lack its cookie.
    - Origin: must be the page's own if present; a websocket must have one.
    - Token: is passed once in the URL, then in a cookie that scripts cannot read.
    """

    def __init__(self, app: ASGIApp, host: str, token: str | None) -> None:
        """Wrap an application.

        Args:
            app: the application.
            host: the address that the server is bound to.
            token: required of every client; None if the server is bound to the loopback interface.
        """
        self._app = app
        self._hosts = {*LOOPBACK, host.lower()}
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        reason = self._refusal(scope, headers)
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if reason is None and self._token is not None and not self._has_token(headers):
            if scope["type"] == "http" and scope["path"] == "/" and _same(given, self._token):
                home = RedirectResponse("/", 303)
                home.set_cookie(_cookie_of(headers), self._token, httponly=True, samesite="lax")
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
            return "The Host header names another server; open the address that the server printed."
        origin = headers.get("origin")
        if origin is None:
            return (
                "The websocket needs an Origin header; open it from the page." if scope["type"] == "websocket" else None
            )
        if _netloc(origin) != host.lower():
            return "Requests from other sites are refused; open the address that the server printed."
        return None

    def _has_token(self, headers: Headers) -> bool:
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(_cookie_of(headers))
        except CookieError:
            return False
        return cookie is not None and self._token is not None and _same(cookie.value, self._token)


def new_token() -> str:
    """Return a random token."""
    return secrets.token_urlsafe(24)


def _cookie_of(headers: Headers) -> str:
    """Return the name of the cookie, with the port: browsers send the cookies of one port to the others, too."""
    try:
        port = urlsplit(f"//{headers.get('host', '')}").port
    except ValueError:
        port = None
    return f"{COOKIE}_{port or ''}"


def _netloc(origin: str) -> str:
    """Return host and port of an origin in lower case; empty for an invalid origin such as "null"."""
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
