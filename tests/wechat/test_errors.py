"""The table of codes, and the class each of them gets."""

import pickle

import pytest

from wxportal.wechat import errors
from wxportal.wechat.errors import ERRCODES, Advice, Period, error_for

RID = "6a1f22c3-0b7d1e42-5c9a8f10"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (40001, errors.TokenRejected),
        (40014, errors.TokenRejected),
        (42001, errors.TokenRejected),
        (-1, errors.Busy),
        (45011, errors.Busy),
        (42010, errors.Busy),
        (45066, errors.Busy),
        (268488001, errors.Busy),
        (89504, errors.Busy),
        (45009, errors.QuotaSpent),
        (45028, errors.QuotaSpent),
        (48006, errors.QuotaSpent),
        (40003, errors.Refused),
        (40007, errors.Refused),
        (40130, errors.Refused),
        (45002, errors.Refused),
        (45067, errors.Refused),
        (48001, errors.OperatorNeeded),
        (40164, errors.OperatorNeeded),
        (89503, errors.OperatorNeeded),
        (50002, errors.OperatorNeeded),
        (45065, errors.AlreadyAccepted),
        (99999, errors.UnknownCode),
    ],
)
def test_each_code_has_its_class(code, kind):
    assert type(error_for(code, "", "/cgi-bin/x")) is kind


def test_a_classs_advice_is_its_rows_advice():
    for code, row in ERRCODES.items():
        assert error_for(code, "", "/cgi-bin/x").advice == row.advice


def test_every_row_is_complete():
    for code, row in ERRCODES.items():
        assert row.code == code
        assert row.errmsg
        assert row.meaning
        assert (row.wait > 0) or row.advice is not Advice.RETRY


def test_the_table_names_every_code_the_sheet_lists():
    listed = {-1, 61450, 61451, 268488001, 45061, 40001, 40243, 42007, 89507, 48022, 61007, 88000, 45104, 45074}
    assert listed <= ERRCODES.keys()
    assert len(ERRCODES) >= 170


@pytest.mark.parametrize("path", ["/cgi-bin/token", "/cgi-bin/stable_token"])
def test_40001_from_a_token_call_means_a_wrong_secret(path):
    assert isinstance(error_for(40001, "", path), errors.OperatorNeeded)


@pytest.mark.parametrize(
    ("errmsg", "rid"),
    [
        (f"invalid openid rid: {RID}", RID),
        (f"invalid openid, rid:{RID}", RID),
        ("invalid openid hint: [AbCd1234]", "AbCd1234"),
        ("invalid openid hints: [ req_id: AbCd ]", "AbCd"),
        ("invalid openid", ""),
    ],
)
def test_the_request_id_is_taken_out_of_the_text(errmsg, rid):
    assert error_for(40003, errmsg, "/cgi-bin/x").rid == rid


def test_the_text_stays_verbatim():
    assert error_for(40003, f"invalid openid rid: {RID}", "/cgi-bin/x").errmsg == f"invalid openid rid: {RID}"


@pytest.mark.parametrize(
    ("errmsg", "ip"),
    [
        ("invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist rid: x", "203.0.113.7"),
        ("invalid ip 2001:db8::7, not in whitelist", "2001:db8::7"),
        ("something else", ""),
    ],
)
def test_the_address_wechat_saw_is_taken_out_of_the_text(errmsg, ip):
    assert error_for(40164, errmsg, "/cgi-bin/token").ip == ip


def test_waits_and_periods_are_told():
    assert error_for(45011, "", "").wait == 60
    assert error_for(45009, "", "").period is Period.DAY
    assert error_for(45028, "", "").period is Period.DAY_OR_MONTH
    assert error_for(48006, "", "").period is Period.MONTH


@pytest.mark.parametrize("value", [3147483701, "3147483701"])
def test_an_earlier_acceptance_names_its_job(value):
    assert error_for(45065, "clientmsgid exist", "", {"msg_id": value}).msg_id == 3147483701


@pytest.mark.parametrize("answer", [{}, {"msg_id": None}, {"msg_id": True}, {"msg_id": "x"}, {"msg_id": 1.5}])
def test_an_earlier_acceptance_without_a_usable_id_names_none(answer):
    assert error_for(45065, "clientmsgid exist", "", answer).msg_id is None


@pytest.mark.parametrize(
    "error",
    [
        errors.NotSent("x"),
        errors.NoToken(errors.Busy(-1, "system error")),
        errors.ServerTrouble(502),
        errors.Refused(40003, "invalid openid", RID, "/cgi-bin/x"),
        errors.AlreadyAccepted(msg_id=7),
    ],
)
def test_errors_survive_pickling(error):
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), vars(copy).keys()) == (type(error), str(error), vars(error).keys())


def test_a_pickled_acceptance_keeps_its_job():
    assert pickle.loads(pickle.dumps(errors.AlreadyAccepted(msg_id=7))).msg_id == 7


def test_not_sent_and_outcome_unknown_never_mix():
    assert not issubclass(errors.NotSent, errors.OutcomeUnknown)
    assert not issubclass(errors.OutcomeUnknown, errors.NotSent)
    assert issubclass(errors.UnreadableAnswer, errors.OutcomeUnknown)
    assert issubclass(errors.ServerTrouble, errors.OutcomeUnknown)
