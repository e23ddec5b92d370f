"""Models to Panel: the only place with widgets. State is Param, screens are Viewers, apps are thin."""
