"""wxportal: a portal in which marketing teams run WeChat Official Accounts."""
