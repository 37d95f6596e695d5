"""Start URLs: what is taken, which hosts are AWS's own, and the region that some name."""

import pytest

from awscreds.aws.start_page import resolve
from awscreds.errors import AwsError, ConfigurationError
from awscreds.model.start_url import checked_start_url, is_own, region_of

PLAIN = "https://d-1234567890.awsapps.com/start"


@pytest.mark.parametrize("tail", ["", "/", "/#/", "#", "#/", "/#", " ", "\n"])
def test_what_a_browser_adds_is_taken_off(tail):
    assert checked_start_url(PLAIN + tail, "corp").rstrip("/") == PLAIN


@pytest.mark.parametrize(
    "url",
    [
        "",
        "d-1234567890.awsapps.com/start",
        "http://d-1234567890.awsapps.com/start",
        "https://",
        "https:///start",
        "https://a@d-1234567890.awsapps.com/start",
        "https://d-1234567890.awsapps.com:8443/start",
        "https://d-1234567890.awsapps.com:x/start",
        "https://[::1/start",
        "javascript:alert(1)",
        "file:///etc/passwd",
    ],
)
def test_anything_but_an_https_url_is_refused_with_an_example(url):
    with pytest.raises(ConfigurationError) as caught:
        checked_start_url(url, "corp")
    assert "corp" in caught.value.message
    assert "awsapps.com/start" in caught.value.hint


@pytest.mark.parametrize(
    ("url", "region"),
    [
        (PLAIN, None),
        ("https://acme.awsapps.cn/start", None),
        ("https://ssoins-1234.portal.eu-central-1.app.aws", "eu-central-1"),
        ("https://d-1.us-gov-west-1.portal.amazonaws.com/start", "us-gov-west-1"),
        ("https://d-1.cn-north-1.portal.amazonaws.com.cn/start", "cn-north-1"),
        ("https://d-1.portal.cn-north-1.app.amazonwebservices.com.cn", "cn-north-1"),
        ("https://d-1.eusc-de-east-1.portal.amazonaws.eu", "eusc-de-east-1"),
        ("https://d-1.portal.eusc-de-east-1.api.amazonwebservices.eu", "eusc-de-east-1"),
    ],
)
def test_a_host_of_aws_is_known_and_may_name_its_region(url, region):
    assert is_own(url)
    assert region_of(url) == region


@pytest.mark.parametrize(
    "url",
    [
        "https://sso.example.com/start",
        "https://awsapps.com.example.com/start",
        "https://evil-awsapps.com/start",
        "https://example.com/d-1.awsapps.com",
        "https://portal.eu-central-1.app.aws.example.com/",
    ],
)
def test_any_other_host_is_not(url):
    assert not is_own(url)


OWN = "https://sso.example.com/aws"


@pytest.mark.parametrize(
    ("answers", "methods"),
    [
        ([(302, PLAIN)], ["HEAD"]),
        ([(301, PLAIN + "/#/")], ["HEAD"]),
        ([(405, ""), (307, PLAIN)], ["HEAD", "GET"]),
    ],
)
def test_an_own_url_leads_to_awss_by_one_redirect(answers, methods):
    asked, given = [], iter(answers)

    def request(method, url):
        asked.append((method, url))
        return next(given)

    assert resolve(OWN, request=request) == PLAIN
    assert asked == [(method, OWN) for method in methods]


@pytest.mark.parametrize(
    "answer",
    [
        (200, ""),
        (404, ""),
        (200, PLAIN),
        (302, "http://d-1234567890.awsapps.com/start"),
        (302, "https://elsewhere.example.com/"),
        (302, "/start"),
        (302, ""),
    ],
)
def test_an_own_url_that_leads_elsewhere_is_refused(answer):
    with pytest.raises(AwsError, match="is not an AWS access portal"):
        resolve(OWN, request=lambda *_: answer)


def test_awss_own_url_is_not_asked():
    assert resolve(PLAIN, request=pytest.fail) == PLAIN
