"""Dampf's public pages, as people see them: words in German and English, HTML, colours. What they do is not here."""
