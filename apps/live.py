"""The Live page. ``panel serve apps/live.py``"""

import panel as pn

from workbench.services import get_services
from workbench.views.live import LiveView
from workbench.views.shell import Shell, page_state

pn.extension()

services = get_services()
state = page_state(services)
Shell(state, services, page="live", main=LiveView(services, state), title="Live · Workbench").servable()
