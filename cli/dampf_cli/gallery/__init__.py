"""All mails of a content folder on one page, as their readers would see them."""
