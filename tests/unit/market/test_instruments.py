from __future__ import annotations

import pytest

from workbench.errors import DataError, UnknownNameError
from workbench.market.instruments import Instrument, InstrumentMaster


@pytest.fixture(scope="module")
def master():
    return InstrumentMaster.load()


def test_every_built_in_instrument_has_a_calendar_and_a_zone(master):
    for one in master:
        assert one.calendar.tz and one.tick_size > 0 and one.lot > 0


@pytest.mark.parametrize(("text", "symbol"), [("BTCUSD", "BTC-USD"), ("es", "ES"), ("meta", "FB")])
def test_aliases(master, text, symbol):
    assert master.get(text).symbol == symbol


def test_unknown_symbol(master):
    with pytest.raises(UnknownNameError, match="did you mean AAPL"):
        master.get("AAPLE")
    assert master.get_or_default("NEW") == Instrument("NEW")


def test_search_ranks_the_symbol_first(master):
    assert master.search("es").index[0] == "ES"
    assert list(master.search("apple").index) == ["AAPL"]
    assert len(master.search("")) == len(list(master))


def test_decimals(master):
    assert [master.get(s).decimals for s in ("ES", "EURUSD", "AAPL")] == [2, 5, 2]


def test_put_is_durable(tmp_path):
    InstrumentMaster.load(tmp_path).put(Instrument("NEW", aliases=("N1",), tick_size=0.5))
    assert InstrumentMaster.load(tmp_path).get("n1").tick_size == 0.5
    with pytest.raises(UnknownNameError):
        InstrumentMaster.load(tmp_path).put(Instrument("BAD", session="nowhere"))


def test_damaged_file(tmp_path):
    (tmp_path / "instruments.json").write_text("{")
    with pytest.raises(DataError, match="instruments.json"):
        InstrumentMaster.load(tmp_path)
