"""The worker's own HTTP port: ``/metrics`` for Prometheus, ``/healthz`` and ``/readyz`` for a supervisor."""

import json
import logging
from collections.abc import Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from streams.config import Settings
from streams.errors import SetupError

logger = logging.getLogger(__name__)


class Monitoring:
    """Three pages, without sign-in: bound to loopback unless the settings say otherwise.

    Parameters
    ----------
    settings : Settings
        Host and port; port 0 takes a free one.
    registry : CollectorRegistry
        What `/metrics` shows.
    complaint : callable
        Returns what stands still, or None: `/healthz` is 503 with it.
    ready : callable
        Returns whether calls are being followed: `/readyz` is 503 until then.
    """

    def __init__(
        self,
        settings: Settings,
        registry: CollectorRegistry,
        complaint: Callable[[], str | None],
        ready: Callable[[], bool],
    ) -> None:
        self._settings = settings
        self._registry = registry
        self._complaint = complaint
        self._ready = ready
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def start(self) -> None:
        """Listen.

        Raises
        ------
        SetupError
            When the port is taken.
        """
        pages = web.Application()
        pages.router.add_get("/metrics", self._metrics)
        pages.router.add_get("/healthz", self._health)
        pages.router.add_get("/readyz", self._readiness)
        self._runner = web.AppRunner(pages, access_log=None)
        await self._runner.setup()
        host, port = self._settings.web_host, self._settings.web_port
        try:
            await web.TCPSite(self._runner, host, port).start()
        except OSError as exc:
            raise SetupError(
                f"port {port} on {host} is taken: set ATTUNE_WEB_PORT to another, 0 for any"
            ) from exc
        self.port = self._runner.addresses[0][1]
        logger.info("metrics at http://%s:%d/metrics", host, self.port)

    async def stop(self) -> None:
        """Close the port."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _metrics(self, _: web.Request) -> web.Response:
        return web.Response(
            body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )

    async def _health(self, _: web.Request) -> web.Response:
        complaint = self._complaint()
        return _answer(complaint is None, complaint or "working")

    async def _readiness(self, _: web.Request) -> web.Response:
        ready = self._ready()
        return _answer(ready, "following calls" if ready else "not ready: joining, or reading states back")


def _answer(good: bool, word: str) -> web.Response:
    return web.Response(
        status=200 if good else 503, text=json.dumps({"status": word}), content_type="application/json"
    )
