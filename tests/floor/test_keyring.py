"""Keys for secrets at rest are read from a line or a file; the first one encrypts."""

import base64
from pathlib import Path

import pytest

from wxportal.keyring import KeyringError, load_keyring

ONE, TWO = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))


def test_the_first_key_is_the_current_one() -> None:
    ring = load_keyring(f"k2:{TWO}, k1:{ONE}")
    assert ring.current == "k2"
    assert set(ring.keys) == {"k1", "k2"}


def test_a_file_is_read_where_no_line_is_set(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(f"k1:{ONE}\n")
    assert load_keyring("", str(file)).keys == {"k1": b"\x01" * 32}


@pytest.mark.parametrize("line", ["", "k1", f":{ONE}", f"a long key id:{ONE}", "k1:AAAA", "k1:%%%"])
def test_an_unusable_line_is_refused_with_a_reason(line: str) -> None:
    with pytest.raises(KeyringError):
        load_keyring(line)


def test_a_missing_file_is_refused_without_its_content(tmp_path: Path) -> None:
    with pytest.raises(KeyringError, match="cannot be read"):
        load_keyring("", str(tmp_path / "none"))


def test_a_keyring_does_not_print_its_keys() -> None:
    assert ONE not in repr(load_keyring(f"k1:{ONE}"))
    assert "\\x01" not in repr(load_keyring(f"k1:{ONE}"))
