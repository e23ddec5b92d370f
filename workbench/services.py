"""Composition root: wires settings, store, catalog, bus and hub once per process, for apps, notebooks, CLI and tests.

Nothing is opened before it is asked for, and ``close`` stops whatever was started.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.config import Settings, load_settings

if TYPE_CHECKING:
    import pandas as pd

    from workbench.backtest.runs import Runs
    from workbench.catalog.ingest import Report
    from workbench.catalog.ingest.run import Progress
    from workbench.catalog.market_catalog import MarketCatalog
    from workbench.live.embedded import EmbeddedRedis
    from workbench.live.hub import Hub
    from workbench.live.replay import AttachedReplay, Replay
    from workbench.live.runner import FeedRunner
    from workbench.sweep import Sweep
    from workbench.sweep.jobs import Jobs
    from workbench.sweep.ledger import Ledger
    from workbench.workspaces import Workspaces


class Services:
    """The long-lived parts of one process.

    Parameters
    ----------
    settings
        Where data, catalogs and the bus are; read from ``WORKBENCH_*`` and ``workbench.toml`` when left out.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or load_settings()
        self._lock = threading.RLock()
        self._catalog: MarketCatalog | None = None
        self._hub: Hub | None = None
        self._redis: EmbeddedRedis | None = None
        self._replays: list[Replay] = []
        self._feeds: FeedRunner | None = None
        self._workspaces: Workspaces | None = None
        self._runs: Runs | None = None
        self._ledger: Ledger | None = None

    @property
    def catalog(self) -> MarketCatalog:
        """The data there is."""
        with self._lock:
            if self._catalog is None:
                self._catalog = open_catalog(self.settings.data_dir, self.settings.catalogs)
            return self._catalog

    @property
    def bus_url(self) -> str:
        """Address of the configured Redis, or of a private one that is started now and stopped by ``close``."""
        if self.settings.redis_url:
            return self.settings.redis_url
        with self._lock:
            if self._redis is None:
                from workbench.live.embedded import EmbeddedRedis

                self._redis = EmbeddedRedis(self.settings.data_dir / "redis")
            return self._redis.start()

    @property
    def hub(self) -> Hub:
        """The live hub of this process, started on first use."""
        with self._lock:
            if self._hub is None:
                from workbench.live.hub import Hub

                self._hub = Hub(self.bus_url, self.catalog, reorder_ms=self.settings.reorder_ms)
                self._hub.start()
            return self._hub

    def replay(self, symbols: str | Sequence[str], start: object = None, end: object = None, **options: Any) -> Replay:
        """A replay of what is stored, in a world of its own unless ``url=`` says another; ``close`` stops it.

        Takes what ``live.replay.Replay`` takes.
        """
        from workbench.live.replay import Replay

        bus_url = None if options.get("url") else self.bus_url
        made = Replay(self.catalog, symbols, start, end, bus_url=bus_url, **options)
        with self._lock:
            self._replays = [one for one in self._replays if not one.world.over] + [made]
        return made

    @property
    def feeds(self) -> FeedRunner:
        """The feeds of this process, by name; ``close`` stops them."""
        with self._lock:
            if self._feeds is None:
                from workbench.live.runner import FeedRunner

                self._feeds = FeedRunner(self.bus_url, self.catalog)
            return self._feeds

    @property
    def workspaces(self) -> Workspaces:
        """Layouts and drawings, in the configured database or in one beside the data."""
        with self._lock:
            if self._workspaces is None:
                from workbench.workspaces import Workspaces

                beside = f"sqlite:///{self.settings.data_dir / 'workbench.db'}"
                self._workspaces = Workspaces(self.settings.database_url or beside)
            return self._workspaces

    @property
    def runs(self) -> Runs:
        """The stored backtests: their folders beside the data, the list of them in the database of workspaces."""
        with self._lock:
            if self._runs is None:
                from workbench.sweep.ledger import CountedRuns
                from workbench.workspaces.run_index import RunIndex

                index, folder = RunIndex(self.workspaces.database), self.settings.data_dir / "runs"
                self._runs = CountedRuns(folder, index, lambda: self.catalog, ledger=self.ledger)
            return self._runs

    @property
    def ledger(self) -> Ledger:
        """The record of all trials, in the database of workspaces."""
        with self._lock:
            if self._ledger is None:
                from workbench.sweep.ledger import Ledger
                from workbench.workspaces.trial_index import TrialIndex

                self._ledger = Ledger(TrialIndex(self.workspaces.database))
            return self._ledger

    @property
    def sweeps(self) -> Jobs:
        """Sweeps that are written down, beside the data; their cells are counted in the ledger."""
        from workbench.sweep.jobs import Jobs, Quota

        bytes = int(self.settings.sweep_quota_gb * 2**30)
        quota = Quota(self.settings.sweep_quota_jobs or None, bytes or None)
        return Jobs(self.settings.data_dir / "sweeps", self.ledger, quota)

    def close(self) -> None:
        """Stop what was started; safe to call twice."""
        with self._lock:
            replays, self._replays = self._replays, []
            feeds, self._feeds = self._feeds, None
            hub, self._hub = self._hub, None
            redis, self._redis = self._redis, None
            workspaces, self._workspaces = self._workspaces, None
            self._runs = self._ledger = None
        for one in replays:
            one.stop()
        if feeds is not None:
            feeds.close()
        if hub is not None:
            hub.stop()
        if redis is not None:
            redis.stop()
        if workspaces is not None:
            workspaces.close()


_lock = threading.Lock()
_services: Services | None = None


def get_services() -> Services:
    """The services of this process, made on first call and closed when it ends."""
    global _services
    with _lock:
        if _services is None:
            _services = Services()
            atexit.register(_services.close)
        return _services


def open_catalog(data_dir: str | Path | None = None, catalogs: str | Path | None = None) -> MarketCatalog:
    """The market catalog: Intake catalogs of a folder plus everything that was ingested.

    Parameters
    ----------
    data_dir, catalogs
        Folders of the Parquet store and of the Intake YAML files; the settings' when left out.

    Examples
    --------
    >>> import workbench as wb
    >>> catalog = wb.catalog()
    >>> bars = catalog.bars("AAPL", "1d", "2012-01-01", "2012-02-01")
    >>> len(bars), bars.columns[:5].tolist()
    (20, ['open', 'high', 'low', 'close', 'volume'])
    >>> catalog.trades("BTC-USD").columns[:4].tolist()
    ['ts_event', 'ts_recv', 'price', 'size']
    """
    from workbench.catalog.market_catalog import MarketCatalog
    from workbench.catalog.store import Store
    from workbench.market.instruments import InstrumentMaster

    settings = load_settings() if data_dir is None or catalogs is None else None
    data = Path(data_dir).expanduser() if data_dir is not None else settings.data_dir
    return MarketCatalog(
        Store(data),
        InstrumentMaster.load(data),
        Path(catalogs).expanduser() if catalogs is not None else settings.catalogs,
    )


def ingest(
    format: str,
    paths: str | Path | Iterable[str | Path],
    *,
    symbol: str | None = None,
    source: str | None = None,
    replace: bool = False,
    force: bool = False,
    catalog: MarketCatalog | None = None,
    progress: Progress | None = None,
    **options: object,
) -> list[Report]:
    """Import files into the store, as the command ``workbench ingest`` does: ``wb.ingest("csv", "prices.csv")``.

    Rows that cannot be used go to a quarantine file with their line, their text and the reason. A file that is refused
    changes nothing.

    Parameters
    ----------
    format
        Name of an importer: ``csv``, ``iqfeed``, ``lean`` or one of yours.
    paths
        A file or several, or folders whose files of that format are taken; ``~`` is the home folder.
    symbol, source
        Under which names to store; needed or not as the format says.
    replace
        Put the new rows in the place of those stored between their first and last time.
    force
        Store a file again though the same content has been stored before.
    catalog
        Into whose store; the process's own when left out.
    progress
        Called with bytes done and bytes in all.
    options
        The importer's own, such as ``dates="mdy"``, ``tz="America/New_York"`` or ``spec="1min"``: what the command
        calls ``--dates mdy``.

    Returns
    -------
    One report for each dataset of each file: ``dataset rows quarantined quarantine_file skipped seconds path note``.

    Raises
    ------
    IngestError
        There is no such file, it is damaged, of another format, needs an option or has no usable row, or an option
        cannot be used; says which file, and which line where it is one. Of several files the others are stored, and
        the error has their ``reports``.
    DataError
        Rows overlap what is stored and ``replace`` is not given.
    UnknownNameError
        There is no such importer; names the nearest.

    Examples
    --------
    >>> import workbench as wb
    >>> wb.catalog().bars("AAPL", "1d").tail(5).to_csv("prices.csv")
    >>> (report,) = wb.ingest("csv", "prices.csv", symbol="ACME", spec="1d")
    >>> report.dataset, report.rows, report.quarantined
    ('csv/bars_1d/ACME', 5, 0)
    >>> len(wb.catalog().bars("ACME", "1d"))
    5
    """
    from workbench.catalog import ingest as importing

    return importing.ingest(
        get_services().catalog if catalog is None else catalog,
        format,
        paths,
        symbol=symbol,
        source=source,
        replace=replace,
        force=force,
        progress=progress,
        **options,
    )


def open_hub(url: str | None = None) -> Hub:
    """A started live hub: the process's own, or one on another bus when ``url`` (redis://host:port) is given.

    Call ``stop()`` on a hub of your own when you are done with it.

    Examples
    --------
    >>> import workbench as wb
    >>> hub = wb.live()
    >>> hub.bars("BTC-USD", "1h").columns[:4].tolist()  # history and what has come since
    ['open', 'high', 'low', 'close']
    """
    if url is None:
        return get_services().hub
    from workbench.live.hub import Hub

    services = get_services()
    hub = Hub(url, services.catalog, reorder_ms=services.settings.reorder_ms)
    hub.start()
    return hub


def replay(
    symbols: str | Sequence[str],
    start: object = None,
    end: object = None,
    *,
    speed: float | str | None = 1.0,
    name: str | None = None,
    url: str | None = None,
    max_wait_s: float | None = None,
) -> Replay:
    """Stored trades, quotes and books published again: ``wb.replay("BTC-USD", start, end, speed=10).start()``.

    The parameters are those of ``live.replay.Replay``. ``wb.live(replay.url)`` is a hub that shows it. Call ``stop()``
    or use it in a ``with`` statement; it ends with this process at the latest.

    Examples
    --------
    >>> import workbench as wb
    >>> with wb.replay("BTC-USD", "2026-01-06 10:00", "2026-01-06 10:30", speed=None) as market:
    ...     finished = market.start().wait(60)
    ...     print(finished, market.state, market.progress)
    True ended 1.0
    """
    return get_services().replay(symbols, start, end, speed=speed, name=name, url=url, max_wait_s=max_wait_s)


def attach_replay(name: str | None = None, *, url: str | None = None) -> AttachedReplay:
    """The controls of a replay that runs in another process: by its name, or by the ``url`` of its bus.

    Examples
    --------
    >>> import workbench as wb
    >>> with wb.replay("BTC-USD", "2026-01-06 10:00", "2026-01-06 10:30", speed=60, name="tuesday") as market:
    ...     with wb.attach_replay("tuesday") as controls:
    ...         print(controls.name, controls.speed)
    tuesday 60.0
    """
    from workbench.live.replay import Replay

    return Replay.attach(name, bus_url=None if url else get_services().bus_url, url=url)


def annotations(symbol: str) -> pd.DataFrame:
    """The drawings that were made on charts of a symbol; see ``Annotations.frame`` for the columns.

    Examples
    --------
    >>> import workbench as wb
    >>> wb.annotations("ES").columns[:7].tolist()
    ['id', 'symbol', 'kind', 'start', 'end', 'low', 'high']
    """
    return get_services().workspaces.annotations.frame(symbol)


def sweep(strategy: Any, bars: Any, values: Any, *, job: Any = None, **keywords: Any) -> Sweep:
    """A backtest for each combination of values; takes what ``sweep.engine.sweep`` takes.

    The cells are counted in the ledger of this process's database, unless ``ledger=`` says another. ``job=True`` writes
    the sweep down as it runs; see ``sweeps``.

    Examples
    --------
    >>> import workbench as wb
    >>> bars = wb.catalog().bars("AAPL", "1d")
    >>> sweep = wb.sweep(wb.strategies.SmaCross, bars, {"fast": [5, 10], "slow": [10, 50, 99]}, where="fast < slow")
    >>> len(sweep.table), sweep.best("sharpe")[["fast", "slow"]].to_numpy().tolist()
    (5, [[5, 99]])
    """
    from workbench.sweep import engine

    services = get_services()
    keywords.setdefault("ledger", services.ledger)
    return engine.sweep(strategy, bars, values, job=services.sweeps if job is True else job or None, **keywords)


def sweeps() -> Jobs:
    """The sweeps that were written down in this process's data folder; see ``sweep.jobs.Jobs``.

    Examples
    --------
    >>> import workbench as wb
    >>> bars = wb.catalog().bars("AAPL", "1d")
    >>> sweep = wb.sweeps().start("sma_cross", bars, {"fast": [5, 10], "slow": [50, 99]}, name="first try")
    >>> wb.sweeps().list()[["name", "state", "cells"]].to_numpy().tolist()
    [['first try', 'finished', 4]]
    >>> wb.sweeps().load("first try").table.equals(sweep.table)
    True
    """
    return get_services().sweeps


def runs() -> Runs:
    """The stored backtests of this process's data folder; see ``backtest.runs.Runs``.

    Examples
    --------
    >>> import workbench as wb
    >>> result = wb.backtest("rsi(14) < 30", wb.catalog().bars("AAPL", "1d"))
    >>> run = wb.runs().save(result, name="dips", tags=["idea"])
    >>> wb.runs().load(run).stats["sharpe"] == result.stats["sharpe"]
    True
    """
    return get_services().runs
