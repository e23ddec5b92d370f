"""How the documentation is built: ``sphinx-build -W --keep-going -b html docs build/docs``. Needs no network."""

from __future__ import annotations

from pygments.lexers.python import PythonLexer
from sphinx.application import Sphinx

import workbench

project = "Workbench"
author = "The Workbench developers"
project_copyright = "The Workbench developers"
version = release = workbench.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
source_suffix = {".md": "markdown"}
# Included by decisions/index.md, and the first page of that folder where there is no index.
exclude_patterns = ["decisions/README.md"]

# Links to headings, ``fills.md#costs``, are checked like links to pages.
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]

default_role = "code"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
napoleon_google_docstring = False
napoleon_use_rtype = False
# Parameters of Param are documented by their own ``doc``, not by the class that Param makes of them.
python_use_unqualified_type_names = True
nitpicky = False

html_theme = "furo"
html_title = f"Workbench {release}"
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_favicon = "_static/favicon.svg"
# Nothing is loaded from elsewhere: the pages work without a network and tell nobody that they are read.
html_theme_options = {"navigation_with_keys": True, "top_of_page_buttons": []}


def setup(app: Sphinx) -> None:
    """Formulas are coloured as the Python that they look like."""
    app.add_lexer("formula", PythonLexer)
