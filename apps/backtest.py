"""The Backtest page. ``panel serve apps/backtest.py``"""

import panel as pn

from workbench.services import get_services
from workbench.views.backtest import BacktestView
from workbench.views.shell import Shell, page_state

pn.extension()

services = get_services()
state = page_state(services)
view = BacktestView(services, state)
Shell(state, services, page="backtest", main=view, topbar=view.controls(), title="Backtest · Workbench").servable()
