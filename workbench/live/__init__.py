"""On the wire: embedded Redis, packed batches, feeds that publish, and the hub that turns them into live bars.

A trade goes feed -> ``Publisher`` -> Redis Stream ``wb:trades:<symbol>`` -> ``Hub`` -> ``LiveBars``, exactly once also
when Redis is killed on the way; what cannot be had any more is reported as a gap, never passed over.
"""
