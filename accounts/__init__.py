"""Brands, people, Official Accounts, and the door to WeChat."""
