"""The line over a result: what ran, its key figures, what is to be known of it, and what can be done with it."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import panel as pn
import param

from workbench.views.backtest.outcome import Outcome
from workbench.views.backtest.running import PATIENCE, Job
from workbench.views.backtest.tables import ratio, written
from workbench.views.scripts import with_el

_JS, _CSS = Path(__file__).parent / "js", Path(__file__).parent / "css"
_IDLE = {"phase": "", "share": None, "seconds": 0.0}
_MIME = {"html": "text/html", "pdf": "application/pdf", "zip": "application/zip"}


class Head(pn.custom.JSComponent):
    """The line as the browser draws it."""

    title = param.String(default="", doc="Strategy and parameters, or what the page waits for.")
    place = param.String(default="", doc="Symbols and bars.")
    figures = param.List(default=[], item_type=dict, doc="label, value, tip and tone of each key figure.")
    badges = param.List(default=[], item_type=dict, doc="text, tone (good, warn, bad) and tip of each.")
    buttons = param.List(default=[], item_type=dict, doc="name, label and tip of each, and whether it is pressed.")
    progress = param.Dict(default=_IDLE, doc="phase (empty while nothing goes on), share (0 to 1 or None), seconds.")
    code = param.String(default="", doc="The run as a notebook cell.")
    symbols = param.List(default=[], item_type=str, doc="Symbols that the chart can show.")
    symbol = param.String(default="", doc="The one that it shows.")

    _esm = with_el(_JS / "head.js")
    _stylesheets = [_CSS / "head.css"]

    def show(self, outcome: Outcome) -> None:
        """Say what came of a run."""
        chosen = outcome.chosen
        several = list(chosen.symbols) if len(chosen.symbols) > 1 else []
        self.param.update(
            title=chosen.label, place=chosen.place, figures=figures_of(outcome), badges=badges_of(outcome),
            code=chosen.code(), symbols=several, symbol=chosen.symbols[0],
        )  # fmt: skip

    def failed(self, title: str, place: str, tip: str) -> None:
        """Say that a run came to nothing."""
        self.param.update(
            title=title, place=place, figures=[], badges=[{"text": "failed", "tone": "bad", "tip": tip}], symbols=[]
        )

    def work(self, job: Job | None) -> None:
        """Say how far a run is; None when nothing goes on."""
        if job is None or not job.busy:
            self.progress = _IDLE
        elif job.elapsed > PATIENCE:
            phase = "Waiting for other runs" if job.state == "waiting" else job.phase
            self.progress = {"phase": phase or "Starting", "share": job.share, "seconds": float(int(job.elapsed))}

    def say(self, button: str, text: str) -> None:
        """Have a button say something for a moment."""
        self._send_msg({"button": button, "said": text})

    def download(self, button: str, name: str, body: bytes) -> None:
        """Hand the browser a file."""
        mime = _MIME.get(name.rpartition(".")[2], "application/octet-stream")
        self._send_msg(
            {"button": button, "said": "Saved", "name": name, "mime": mime, "body": base64.b64encode(body).decode()}
        )


def figures_of(outcome: Outcome) -> list[dict[str, Any]]:
    """The key figures of a result."""
    stats, cash = outcome.stats, outcome.result.settings.cash
    annual = getattr(stats, "annual", "")
    gain, held = stats.get("total_return"), stats.get("benchmark_return")
    end = stats.get("final_equity")

    def figure(label: str, value: str, tip: str, tone: str = "") -> dict[str, Any]:
        return {"label": label, "value": value, "tip": tip, "tone": tone}

    tone = "" if not gain or gain != gain else "up" if gain > 0 else "down"
    return [
        figure("Return", written(gain, "percent"), f"From {written(cash, 'money')} to {written(end, 'money')}", tone),
        figure("Benchmark", written(held, "percent"), "Return of holding the symbols from the first bar on"),
        figure("Sharpe", ratio(stats.get("sharpe")), f"Sharpe ratio a year. {annual}"),
        figure(
            "Max drawdown",
            written(stats.get("max_drawdown"), "percent"),
            "Deepest loss since the highest equity before",
        ),
        figure("Win rate", written(stats.get("win_rate"), "percent"), "Part of the round trips that won, after fees"),
        figure("Profit factor", ratio(stats.get("profit_factor")), "What was won over what was lost, of round trips"),
        figure("Trips", written(len(outcome.trips), "count"), "Round trips: positions from flat to flat"),
        figure("Fees", written(stats.get("fees"), "money"), "All fees that were paid"),
    ]


def badges_of(outcome: Outcome) -> list[dict[str, str]]:
    """What is to be known of a result besides its figures."""
    found = []
    audit = getattr(outcome.result, "audit", None)
    if audit is not None:
        told = str(audit)
        ok = getattr(audit, "ok", None)
        if getattr(audit, "state", "") == "unchecked" or ok is None:
            found.append({"text": "not audited", "tone": "warn", "tip": told})
        elif ok:
            found.append({"text": "audited", "tone": "good", "tip": told})
        else:
            found.append({"text": "looks ahead", "tone": "bad", "tip": told})
    names = {"uncertain": "uncertain", "margin": "margin call", "orders": "refused orders", "empty": "no trades"}
    if outcome.bracket:
        low, high = min(outcome.bracket.values()), max(outcome.bracket.values())
        cash = outcome.result.settings.cash
        names["uncertain"] = f"{written(low / cash - 1, 'percent')} … {written(high / cash - 1, 'percent')}"
    found += [{"text": names[kind], "tone": "warn", "tip": text} for kind, text in outcome.notes if kind in names]
    return found
