"""The chart page. ``panel serve apps/chart.py``"""

import panel as pn

from workbench.services import get_services
from workbench.views.chart import ChartGrid
from workbench.views.shell import Shell, page_state

pn.extension()

services = get_services()
state = page_state(services, ahead=True)
view = ChartGrid(services, state)
Shell(state, services, page="chart", main=view, topbar=view.controls(), title="Chart · Workbench").servable()
