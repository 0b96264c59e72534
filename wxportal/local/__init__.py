"""A whole portal on one machine: its own PostgreSQL and Redis, and the runner behind `make run`.

Nothing here is used in production. Everything is the runner's own child, keeps
its state under ``var/`` of the checkout, and ends with the runner.
"""
