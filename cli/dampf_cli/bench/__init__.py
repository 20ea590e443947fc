"""`make bench`: what Dampf costs, measured on this machine and printed beside the budgets of the design.

CPU is that of this process: the real handlers run in it, and the embedded AWS that they talk to is another process. So
figures of two machines, or of two moments of a busy one, say little; ratios within one run do.
"""
