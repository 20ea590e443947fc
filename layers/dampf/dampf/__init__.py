"""Dampf: trigger-based e-mail marketing for online shops, in the shop's own AWS account."""
