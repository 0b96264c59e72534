"""The pages that look at everything: Today, first run, demo data, rehearsal."""
