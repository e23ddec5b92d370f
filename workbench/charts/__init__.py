"""Data to Bokeh and HoloViews objects. Pure: no Panel, no state of the screen."""
