"""One module for each family of WeChat's interfaces; importing this package registers all of them."""

from wxportal.sandbox.api import base, drafts, mass, material, media, quota, tags, token, users

__all__ = ["base", "drafts", "mass", "material", "media", "quota", "tags", "token", "users"]
