"""The report of a simulation: one HTML page that needs nothing beside it, and how two content folders differ.

It looks at a finished simulation through the pages' own window, says and draws things as they do, and judges nothing.
"""
