"""The receipt says what agrees and what does not."""

import pytest

from desk.rehearsal.receipt import Receipt


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def receipt(lines: list[str]) -> Receipt:
    return Receipt(lines.append)


def test_equal_numbers_agree(receipt: Receipt, lines: list[str]) -> None:
    receipt.compare("followers", 20_000, 20_000)
    assert "20,000" in lines[0]
    assert lines[0].endswith("agrees")
    assert receipt.disagreements == []


def test_a_different_number_is_named_and_remembered(receipt: Receipt, lines: list[str]) -> None:
    receipt.compare("followers", 19_999, 20_000)
    assert "DIFFERS: the sandbox says 20,000" in lines[0]
    assert receipt.disagreements == ["followers"]


def test_a_step_says_how_long_it_took(receipt: Receipt, lines: list[str]) -> None:
    with receipt.step("sync the followers") as step:
        step.note = "20,000 rows"
    assert lines[0].split() == ["sync", "the", "followers", "20,000", "rows", "0.00", "s"]


def test_a_step_that_fails_is_not_printed_as_done(receipt: Receipt, lines: list[str]) -> None:
    with pytest.raises(ValueError, match="no"), receipt.step("sync the followers"):
        raise ValueError("no")
    assert lines == []
