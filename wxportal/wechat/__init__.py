"""The client for WeChat's Official Account interface. Pure Python: no Django, no models, importable alone."""
