"""What every kind of bar must keep, for each one in the registry."""

from __future__ import annotations

import os
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import oracles
from workbench.bars import Resampler, bars_from_bars, bars_from_trades, record_dtype
from workbench.bars.makers import as_bars
from workbench.bars.resample import bar_calendar
from workbench.errors import DataError
from workbench.market.calendars import calendar
from workbench.market.events import BAR, FLAG_NO_BAR, TRADE
from workbench.market.specs import BarSpec, bar_kinds

S = 1_000_000_000
DAY = 86_400 * S
T0 = 1_767_571_200 * S + 14 * 3600 * S  # Monday 2026-01-05 14:00 UTC
OF_TRADES, OF_BARS = oracles.kinds()
#: Random chunkings of every kind; WORKBENCH_CHUNKINGS=1000 is the number that is promised.
CHUNKINGS = int(os.environ.get("WORKBENCH_CHUNKINGS", "25"))
#: Sizes at which the tapes below give many bars, by kind; a new kind is tested at its own example until it is here.
SMALL = {
    "time": ["5s", "1min", "1h", "1d"],
    "tick": ["1tick", "7tick"],
    "vol": ["20vol", "0.5vol"],
    "usd": ["2000usd", "1e9usd"],
    "range": ["range:0.05", "range:0.01"],
    "renko": ["renko:0.05", "renko:0.04(7tick)", "renko:atr3(5s)", "renko:0.03(5s)"],
    "ha": ["ha(5s)", "ha(7tick)", "ha(renko:0.05)"],
    "linebreak": ["linebreak(5s)", "linebreak:2(20vol)"],
    "kagi": ["kagi:0.05(5s)", "kagi:0.05%(5s)", "kagi:0.03(1tick)"],
    "pnf": ["pnf:0.02(5s)", "pnf:0.01,2(1tick)"],
    **{f"{what}_{how}": [f"{what}_{how}:5", f"{what}_{how}:20,3"]
       for what in ("tick", "volume", "dollar") for how in ("imbalance", "run")},
}  # fmt: skip
#: Bars of the base that bricks are counted from, and that are in none.
BEGINS = {"renko:0.04(7tick)": 1, "renko:0.03(5s)": 1, "renko:atr3(5s)": 4}
SPECS = [spec for name, kind in bar_kinds for spec in SMALL.get(name, [kind.example])]


def tape(seed: int, n: int = 400, *, flagged: bool = False, base: float = 100.0) -> np.ndarray:
    """Prints with bursts of equal stamps, pauses from seconds to days, unknown sides and jumps of many ticks."""
    rng = np.random.default_rng(seed)
    out = np.zeros(n, TRADE)
    steps = rng.choice(
        [0, 0, 1, S // 3, S, 7 * S, 3600 * S, 30 * 3600 * S], n, p=[0.2, 0.1, 0.1, 0.25, 0.2, 0.12, 0.02, 0.01]
    )
    out["ts_event"] = out["ts_recv"] = T0 + np.cumsum(steps)
    ticks = np.cumsum(rng.choice([-25, -1, 0, 0, 1, 25], n, p=[0.01, 0.29, 0.2, 0.2, 0.29, 0.01]))
    out["price"] = np.round(base + ticks * 0.01, 2)
    out["size"] = rng.choice([0.1, 1.0, 3.0, 12.5, 0.0], n)
    out["side"] = rng.choice([-1, 0, 1], n)
    if flagged:
        out["flags"] = rng.choice([0, 0, FLAG_NO_BAR], n)
    return out


def chunks(trades: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """Some cutting of the tape, with empty chunks and single prints."""
    at = np.sort(rng.integers(0, len(trades) + 1, rng.integers(0, 40)))
    return np.split(trades, at)


def in_chunks(trades: np.ndarray, spec: str, rng: np.random.Generator, *, dump: bool = False, **how) -> np.ndarray:
    live, parts = Resampler(spec, **how), []
    for chunk in chunks(trades, rng):
        parts.append(live.update_records(chunk))
        if dump and rng.random() < 0.2:
            live = pickle.loads(pickle.dumps(live))
    return np.concatenate([*parts, live.forming_record])


@pytest.mark.parametrize("name", bar_kinds.names())
def test_a_kind_says_what_it_is(name):
    kind = bar_kinds.get(name)
    spec = BarSpec.parse(kind.example)
    assert spec.kind == name and str(spec) == kind.example and BarSpec.parse(str(spec)) == spec
    assert kind.title and kind.about.endswith(".") and kind.of in ("trades", "bars", "either")
    assert all(argument in kind.param for argument in kind.written)
    assert name in SMALL, "say in SMALL at which size the tapes here give many bars"


@pytest.mark.parametrize("spec", SPECS)
def test_a_spec_round_trips(spec):
    parsed = BarSpec.parse(spec)
    assert BarSpec.parse(str(parsed)) == parsed
    assert pickle.loads(pickle.dumps(parsed)) == parsed and hash(BarSpec.parse(str(parsed))) == hash(parsed)


@pytest.mark.parametrize("spec", SPECS)
def test_chunks_give_the_bars_of_the_whole_tape(spec):
    for seed in range(CHUNKINGS):
        rng = np.random.default_rng(seed)
        session, tz = [(None, None), ("XNYS", None), ("24/7", None), ("all:XNYS", None), (None, "Asia/Kolkata")][
            seed % 5
        ]
        trades = tape(seed, flagged=seed % 2 == 1, base=[100.0, 1e7][seed % 7 == 6])
        how = {"session": session, "tz": tz}
        whole = bars_from_trades(trades, spec, bar_calendar(session, tz))
        parts = in_chunks(trades, spec, rng, dump=True, **how)
        assert parts.dtype == record_dtype(spec)
        for name in whole.dtype.names:
            np.testing.assert_array_equal(parts[name], whole[name], err_msg=f"{name}, {seed} {how}")
        assert parts.tobytes() == whole.tobytes()
        assert (np.diff(parts["time"]) > 0).all()


@pytest.mark.parametrize("spec", [s for s in SPECS if BarSpec.parse(s).root.kind != "time" or BarSpec.parse(s).base])
def test_bars_are_those_of_the_oracle(spec):
    parsed = BarSpec.parse(spec)
    for seed in range(6):
        trades = tape(100 + seed, flagged=seed % 2 == 1, base=[100.0, 1e7][seed % 3 == 2])
        kept = trades[(trades["flags"] & FLAG_NO_BAR) == 0]
        if parsed.base is None:
            wanted = OF_TRADES[parsed.kind](kept, *parsed.args)
            got = bars_from_trades(trades, spec)
        else:
            base = as_bars(bars_from_trades(trades, parsed.base))
            # All bars of the base are finished here: a print far away closes the last one.
            wanted = OF_BARS[parsed.kind](base, *parsed.args)
            got = np.concatenate([(live := Resampler(spec)).update_bars(base), live.forming_record])
        assert len(got) == len(wanted), seed
        for name in wanted.dtype.names:
            np.testing.assert_allclose(got[name], wanted[name], rtol=1e-12, atol=1e-12, err_msg=f"{name} {seed}")


@pytest.mark.parametrize("spec", SPECS)
def test_no_volume_gets_lost(spec):
    trades = tape(7, 900)
    bars = bars_from_trades(trades, spec)
    parsed = BarSpec.parse(spec)
    begins = bars_from_trades(trades, parsed.base)[: BEGINS.get(spec, 0)] if parsed.base else bars[:0]
    for name, wanted in (("volume", trades["size"].sum()), ("trades", len(trades))):
        np.testing.assert_allclose(bars[name].sum(), wanted - begins[name].sum(), rtol=1e-9, err_msg=name)


@pytest.mark.parametrize("spec", SPECS)
@given(data=st.data())
@settings(max_examples=15)
def test_small_tapes_of_any_sort(spec, data):
    n = data.draw(st.integers(0, 12))
    trades = np.zeros(n, TRADE)
    steps = data.draw(st.lists(st.sampled_from([0, 0, 1, S, 10 * DAY]), min_size=n, max_size=n))
    trades["ts_event"] = T0 + np.cumsum(np.array(steps, np.int64)) if n else 0
    ticks = data.draw(st.lists(st.integers(-40, 40), min_size=n, max_size=n))
    trades["price"] = np.round(1e7 + np.array(ticks) * 0.01, 2)
    trades["size"] = data.draw(st.lists(st.sampled_from([0.0, 1.0, 0.1, 1e6]), min_size=n, max_size=n))
    trades["side"] = data.draw(st.lists(st.sampled_from([-1, 0, 1]), min_size=n, max_size=n))
    whole = bars_from_trades(trades, spec)
    live = Resampler(spec)
    singles = [live.update_records(trades[i : i + 1]) for i in range(n)]
    one_by_one = np.concatenate([live.update_records(trades[:0]), *singles, live.forming_record])
    assert one_by_one.tobytes() == whole.tobytes()
    if BarSpec.parse(spec).kind != "renko":  # whose high and low are the real ones since the brick before
        assert (whole["low"] <= np.minimum(whole["open"], whole["close"])).all()
        assert (whole["high"] >= np.maximum(whole["open"], whole["close"])).all()


@pytest.mark.parametrize("spec", SPECS)
def test_truncating_the_future_never_changes_closed_bars(spec):
    trades = tape(11, 500)
    live = Resampler(spec)
    closed = live.update_records(trades)
    for end in (0, 1, 137, 333, 499):
        early = Resampler(spec).update_records(trades[:end])
        assert early.tobytes() == closed[: len(early)].tobytes()


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("field", ["price", "size"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_a_number_is_refused_and_leaves_no_trace(spec, field, value):
    trades = tape(3, 120)
    live = Resampler(spec)
    live.update_records(trades[:50])
    before = pickle.dumps(live.forming_record)
    bad = trades[50:].copy()
    bad[field][20] = value
    with pytest.raises(DataError, match="trade 20"):
        live.update_records(bad)
    assert pickle.dumps(live.forming_record) == before
    rest = live.update_records(trades[50:])
    again = Resampler(spec)
    assert rest.tobytes() == np.concatenate([again.update_records(trades[:50]), again.update_records(trades[50:])])[
        len(Resampler(spec).update_records(trades[:50])) :
    ].tobytes()  # fmt: skip


@pytest.mark.parametrize("spec", [s for s in SPECS if not BarSpec.parse(s).timed and BarSpec.parse(s).maker().resets])
@pytest.mark.parametrize("session", ["XNYS", "24/7", "all:XNYS"])
def test_a_session_can_be_computed_from_its_own_trades(spec, session):
    trades = tape(5, 900)
    whole = bars_from_trades(trades, spec, calendar(session))
    runs = calendar(session).runs(int(trades["ts_event"][0]), int(trades["ts_event"][-1]))
    parts, last = [], 0
    for open_, close in zip(runs.open, runs.close, strict=True):
        day = trades[(trades["ts_event"] >= open_) & (trades["ts_event"] < close)]
        if len(day):
            parts.append(bars_from_trades(day, spec, calendar(session)))
            last += 1
    assert last > 1
    assert np.concatenate(parts).tobytes() == whole.tobytes()


@pytest.mark.parametrize("spec", [s for s in SPECS if not BarSpec.parse(s).timed])
def test_late_prints_are_counted(spec):
    trades = tape(9, 300)
    live = Resampler(spec, session="24/7")
    live.update_records(trades)
    before = live.forming_record.tobytes()
    old = trades[:3].copy()
    old["ts_event"] -= 5 * DAY
    if BarSpec.parse(spec).root.timed or BarSpec.parse(spec).root.maker().resets:
        live.update_records(old)
        assert live.late == 3 and live.forming_record.tobytes() == before


@pytest.mark.parametrize("name", [n for n, kind in bar_kinds if kind.of == "bars"])
def test_bars_that_are_given_need_no_base(name):
    kind = bar_kinds.get(name)
    based = BarSpec.parse(kind.example)
    bare = BarSpec(based.kind, based.args)
    minutes = bars_from_trades(tape(2, 600), "5s")
    assert BarSpec.parse(str(bare)) == bare
    got = bars_from_bars(minutes, bare)
    live = Resampler(bare)
    assert np.concatenate([live.update_bars(minutes), live.forming_record]).tobytes() == got.tobytes()
    with pytest.raises(ValueError, match=rf"name the base, such as .*{kind.plugin_name}"):
        bars_from_trades(tape(2), bare)


@pytest.mark.parametrize("name", [n for n, kind in bar_kinds if kind.of == "trades"])
def test_kinds_of_trades_refuse_bars(name):
    with pytest.raises(DataError, match="give trades"):
        bars_from_bars(np.zeros(3, BAR), bar_kinds.get(name).example)
