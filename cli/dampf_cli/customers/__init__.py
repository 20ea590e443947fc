"""Customers that a shop has already, from a CSV file into historical events: nothing starts, nobody is mailed."""
