"""Catalogues without system tools: collect what the sources say, compile, and refuse an incomplete one."""
