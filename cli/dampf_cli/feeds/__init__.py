"""Product feeds: Google Merchant's XML and tab-separated text, Shopify's JSON, CSV, and products as JSON lines.

What a format calls its fields is known to its reader; what a value must be is said once, in `rows`.
"""
