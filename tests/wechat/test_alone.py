"""The client is usable where there is no Django, no database and no settings."""

import subprocess
import sys
from pathlib import Path

import wxportal.wechat

MODULES = sorted(file.stem for file in Path(wxportal.wechat.__file__).parent.glob("*.py") if file.stem != "__init__")
ROOT = Path(wxportal.wechat.__file__).parents[2]
FORBIDDEN = ("django", "celery", "redis", "accounts", "followers", "articles", "campaigns", "desk")


def python(code):
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env={}, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_no_module_brings_django_along():
    imports = "\n".join(f"import wxportal.wechat.{module}" for module in MODULES)
    loaded = python(f"{imports}\nimport sys\nprint(*(name.partition('.')[0] for name in sys.modules))")
    assert "cryptography" in loaded
    assert not set(FORBIDDEN) & set(loaded)


def test_only_the_transport_knows_the_http_library():
    others = [module for module in MODULES if module not in ("transport",)]
    for module in others:
        source = (ROOT / "wxportal" / "wechat" / f"{module}.py").read_text()
        assert "import requests" not in source
        assert "urllib3" not in source
