"""Limits: a burst, then a steady rate, for each client by itself."""

import pytest

from gatepost.auth import limits
from gatepost.auth.limits import Limits, Rate, client, mail_rate
from gatepost.exchange import Request
from gatepost.problem import Problem
from gatepost.settings import LimitSettings


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def allowed(checker: Limits, name: str, address: str, times: int) -> int:
    count = 0
    for _ in range(times):
        try:
            checker.count(name, address)
            count += 1
        except Problem:
            pass
    return count


def test_thirty_at_once_then_as_many_as_the_rate_gives(clock: Clock):
    checker = Limits(clock=clock)
    assert allowed(checker, "verify", "192.0.2.1", 40) == 30
    clock.now += 10
    assert allowed(checker, "verify", "192.0.2.1", 5) == 1
    clock.now += 300
    assert allowed(checker, "verify", "192.0.2.1", 40) == 30


def test_a_refusal_says_when_to_come_back(clock: Clock):
    checker = Limits(clock=clock)
    allowed(checker, "otp", "192.0.2.1", 30)
    with pytest.raises(Problem) as raised:
        checker.count("otp", "192.0.2.1")
    assert (raised.value.code, raised.value.status) == ("over_request_rate_limit", 429)
    wait = int(raised.value.headers["Retry-After"])
    clock.now += wait
    checker.count("otp", "192.0.2.1")


def test_clients_and_limits_do_not_use_up_each_others_share(clock: Clock):
    checker = Limits(clock=clock)
    allowed(checker, "otp", "192.0.2.1", 40)
    assert allowed(checker, "otp", "192.0.2.2", 40) == 30
    assert allowed(checker, "recover", "192.0.2.1", 40) == 30
    assert allowed(checker, "token", "192.0.2.1", 40) == 30


def test_token_requests_come_back_faster_than_codes(clock: Clock):
    checker = Limits(clock=clock)
    for name in ("token", "otp"):
        allowed(checker, name, "192.0.2.1", 30)
    clock.now += 20
    assert allowed(checker, "token", "192.0.2.1", 20) == 10
    assert allowed(checker, "otp", "192.0.2.1", 20) == 2


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("192.0.2.1", "192.0.2.1"),
        (" 192.0.2.1 ", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("something else", "something else"),
        ("x" * 500, "x" * 64),
    ],
)
def test_an_ipv6_user_is_his_network(address: str, counted_as: str):
    assert client(address) == counted_as


def asked(header: str = "", value: str = "") -> Request:
    return Request("POST", "/otp", headers=[(header.encode(), value.encode())], client="192.0.2.9")


def test_nothing_counts_unless_the_settings_name_a_header_and_it_is_there(clock: Clock):
    none = {"otp": Rate(0, 300)}
    Limits(none, clock=clock).check("otp", asked("x-forwarded-for", "192.0.2.1"))
    checker = Limits(none, clock=clock, header="X-Forwarded-For")
    checker.check("otp", asked())
    with pytest.raises(Problem):
        checker.check("otp", asked("x-forwarded-for", "192.0.2.1, 10.0.0.1"))


def test_the_first_address_of_the_header_counts(clock: Clock):
    checker = Limits(clock=clock, header="X-Forwarded-For")
    for _ in range(30):
        checker.check("otp", asked("x-forwarded-for", "192.0.2.1, 10.0.0.1"))
    checker.check("otp", asked("x-forwarded-for", "10.0.0.1, 192.0.2.1"))
    with pytest.raises(Problem):
        checker.check("otp", asked("x-forwarded-for", "192.0.2.1"))


def test_settings_become_limits(clock: Clock):
    checker = limits.configured(LimitSettings(otp=300, email_sent="1/1m", anonymous_users=2, forwarded=True), clock)
    assert (checker.forwarded, limits.configured(LimitSettings()).forwarded) == (True, False)
    allowed(checker, "recover", "192.0.2.1", 30)
    clock.now += 10
    assert allowed(checker, "recover", "192.0.2.1", 30) == 10
    assert allowed(checker, "anonymous", "192.0.2.1", 30) == 2
    checker.check_mail()
    with pytest.raises(Problem):
        checker.check_mail()
    with pytest.raises(Problem, match=r"limits\.email_sent: 'often' is not a rate"):
        limits.configured(LimitSettings(email_sent="often"))


def test_memory_is_bounded_and_the_busiest_are_remembered(clock: Clock, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(limits, "CLIENTS", 100)
    checker = Limits(clock=clock)
    allowed(checker, "otp", "192.0.2.1", 40)
    for number in range(1000):
        checker.count("otp", f"10.0.{number // 250}.{number % 250}")
        assert allowed(checker, "otp", "192.0.2.1", 1) == 0
    assert len(checker._limits["otp"].clients) == 100  # pyright: ignore[reportPrivateUsage]


def test_all_mails_together_have_one_limit(clock: Clock):
    checker = Limits(mails=mail_rate("2"), clock=clock)
    checker.check_mail()
    checker.check_mail()
    with pytest.raises(Problem) as raised:
        checker.check_mail()
    assert (raised.value.code, raised.value.status) == ("over_email_send_rate_limit", 429)
    assert raised.value.message == "email rate limit exceeded"
    clock.now += 1800
    checker.check_mail()


def test_no_mail_at_all_is_a_limit_too(clock: Clock):
    with pytest.raises(Problem):
        Limits(mails=mail_rate("0"), clock=clock).check_mail()


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("30", Rate(30, 3600, 30)),
        ("360000", Rate(360000, 3600, 360000)),
        ("10/1m", Rate(1, 60, 10)),
        ("1/10s", Rate(1, 10, 1)),
        ("0/1h", Rate(0, 3600, 0)),
    ],
)
def test_the_notation_of_the_mail_limit_is_gotrues(text: str, rate: Rate):
    assert mail_rate(text) == rate


@pytest.mark.parametrize("text", ["", "many", "1/", "1/2/3", "x/1m"])
def test_another_notation_is_an_error(text: str):
    with pytest.raises(ValueError):
        mail_rate(text)
