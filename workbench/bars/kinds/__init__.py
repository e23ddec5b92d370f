"""Kinds of bars, one file each; ``workbench.market.specs.bar_kinds`` finds them.

A kind says where bars end (``Stage.cut``) and, where what is drawn is not what was traded (bricks, lines, columns),
what it looks like (``Stage.shape``). Adding up is not its business: volumes, prices and counts are folded by the one
arithmetic of ``workbench.kernels.time_bars``, whole tape or chunk by chunk. Adding a kind is adding a file here; specs,
``resample``, catalog, live bars, the chart's picker and the contract tests then know it.
"""
