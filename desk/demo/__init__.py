"""The demo: three brands of a Tokyo agency, their people, articles, followers and past campaigns."""
