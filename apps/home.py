"""Home: what there is, live. ``panel serve apps/home.py``"""

import panel as pn

from workbench.services import get_services
from workbench.views.home import HomeView
from workbench.views.shell import Shell, page_state

pn.extension()

services = get_services()
state = page_state(services)
Shell(state, services, page="home", main=HomeView(services, state)).servable()
