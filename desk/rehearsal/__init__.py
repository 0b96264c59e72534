"""The main job without a browser, on real parts, with a receipt."""
