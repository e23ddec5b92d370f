"""Speed beside the peers, in one process tree on the same data; correctness is asserted in the same run."""
