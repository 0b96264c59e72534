"""A person is called in the order of their own writing."""

import pytest

from accounts.models import User


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        ("Oliver", "Grant", "Oliver Grant"),
        ("さくら", "田中", "田中 さくら"),
        ("芳", "李", "李 芳"),
        ("Mei", "", "Mei"),
        ("", "", ""),
    ],
)
def test_the_family_name_comes_first_where_it_is_written_so(first: str, last: str, shown: str) -> None:
    assert User(first_name=first, last_name=last).get_full_name() == shown
