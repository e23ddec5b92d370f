"""The Optimize page. ``panel serve apps/optimize.py``"""

import panel as pn

from workbench.services import get_services
from workbench.views.optimize import OptimizeView
from workbench.views.shell import Shell, page_state

pn.extension()

services = get_services()
state = page_state(services)
view = OptimizeView(services, state)
Shell(state, services, page="optimize", main=view, topbar=view.controls(), title="Optimize · Workbench").servable()
