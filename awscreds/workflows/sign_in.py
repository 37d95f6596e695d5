"""Logging in with AWS's sign-in, as `aws login` does, and out.

Who it is, AWS says only at the end: then the tokens are kept under that name, and the profile gets
it. The secret store is opened before a person is sent to the browser, and the profile is checked
again when it is written.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hmac
import json
import os
from urllib.parse import parse_qsl, quote, urlencode

from awscreds.aws.dpop import new_key
from awscreds.aws.signin import CROSS_DEVICE, SAME_DEVICE
from awscreds.errors import AwscredsError, AwsError, ConfigurationError, UsageError
from awscreds.model.accounts import of_arn
from awscreds.model.credential_process import PROCESS
from awscreds.model.ini.document import PROFILE
from awscreds.model.profile import LOGIN, NO_CREDENTIALS, WRAPPED_LOGIN, Profile
from awscreds.model.role_chain import login_behind
from awscreds.model.settings import CLI, TOKEN_CACHE
from awscreds.model.text import escaped, quoted
from awscreds.workflows.callback import Callback
from awscreds.workflows.credential_line import stored_name
from awscreds.workflows.login_parts import Room, refused, remove
from awscreds.workflows.pkce import Pkce
from awscreds.workflows.readings import require_one_reading
from awscreds.workflows.sessions.sign_in import renewed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from awscreds.model.documents import AwsDocuments
    from awscreds.model.profile import Profiles
    from awscreds.model.service_endpoint import ServiceEndpoint
    from awscreds.stores.aws_files import AwsFiles
    from awscreds.workflows.login_parts import LoginTools, Person

    PasteReader = Callable[[Callable[[str], str]], str]

LONGEST = 12 * 3600
"""Seconds after which AWS ends a login at the latest."""

SETTING = "login_session"
_KINDS = (LOGIN, WRAPPED_LOGIN, NO_CREDENTIALS)


def require_room(profile: Profile, profiles: Profiles) -> None:
    """Refuse a profile that has other credentials: SDKs would use those.

    Raises ConfigurationError. https://docs.aws.amazon.com/cli/latest/reference/login/
    """
    has_other_line = bool(profile.get(PROCESS)) and profile.kind != WRAPPED_LOGIN
    if profile.kind not in _KINDS or has_other_line:
        raise ConfigurationError(
            f"the profile {escaped(profile.name)} has other credentials, which SDKs would use "
            "instead of a login",
            code="other-credentials",
            hint=f"its credentials come from a login: awscreds login --profile {quoted(source)}"
            if (source := login_behind(profiles, profile.name))
            else "log in to a new profile: awscreds login --profile NEW-NAME",
        )


class SignInTarget:
    """The profile that logs in, which may not exist yet; ``region`` is that of the sign-in.

    ``is_new_region``: the profile has none, and gets this one.
    """

    __slots__ = ("is_new_region", "is_shared", "profile", "region")

    def __init__(self, profile: Profile, region: str, *, is_new_region: bool) -> None:
        self.profile = profile
        self.region = region
        self.is_new_region = is_new_region
        self.is_shared = TOKEN_CACHE.read(profile.get(TOKEN_CACHE.name)) == CLI

    @property
    def session(self) -> str | None:
        """The ARN of whoever logged in for this profile before."""
        return self.profile.of_role(SETTING)


class SignedIn:
    """Somebody who has logged in: ``session`` is their ARN, ``document`` as the AWS CLI has it."""

    __slots__ = ("document", "ends", "session")

    def __init__(self, session: str, document: dict[str, Any], ends: float) -> None:
        self.session = session
        self.document = document
        self.ends = ends

    @property
    def account(self) -> str | None:
        return of_arn(self.session)


class SignInLogins:
    """Logs in and out with AWS's sign-in."""

    def __init__(self, tools: LoginTools) -> None:
        self._tools = tools
        self._aws = tools.aws
        self._clock = tools.clock

    # -- in ---------------------------------------------------------------------------------

    def log_in(
        self, target: SignInTarget, person: Person, *, paste: PasteReader | None, is_shared: bool
    ) -> SignedIn:
        """Log in, and return what AWS gave; nothing is kept yet.

        With ``paste``, in a browser on another machine: it asks for the text that the page shows,
        and for another one as long as its argument raises UsageError. Raises what opening the
        secret store raises, AwsError, and AwscredsError if nobody finishes it in time.
        """
        somebody = target.session or ""  # who it will be, AWS says at the end
        self._room(somebody, is_shared=is_shared).prepare()
        endpoint = self._endpoint(target)
        base, key, pkce = self._aws.sign_in.base_url(endpoint), new_key(), Pkce()
        client_id = CROSS_DEVICE if paste else SAME_DEVICE
        if paste:
            redirect = f"{base}/v1/sessions/confirmation"
            url = _authorize_url(base, client_id, redirect, pkce)
            person.send_to(url, "in any browser, to log in to AWS")
            answer = dict(parse_qsl(paste(lambda text: _pasted(text, pkce.state))))
        else:
            with Callback(pkce.state, elsewhere="--remote") as callback:
                redirect = callback.uri
                url = _authorize_url(base, client_id, redirect, pkce)
                person.send_to(url, "in a browser on this machine, to log in to AWS")
                person.say("If the browser is on another machine, press Ctrl-C, and use --remote.")
                answer = callback.wait()
        if "code" not in answer or "error" in answer:
            raise refused(answer.get("error", ""))
        with person.waiting():
            given = self._aws.sign_in.token_of_code(
                endpoint,
                key,
                client_id,
                brought=answer["code"],
                verifier=pkce.verifier,
                redirect=redirect,
            )
        return self._signed_in(target, given, key, client_id)

    def _room(self, session: str, *, is_shared: bool) -> Room:
        path = self._tools.files.login_path(session)
        return Room(self._tools, (None, session), path, is_shared=is_shared)

    def _signed_in(
        self, target: SignInTarget, given: Mapping[str, Any], key: str, client_id: str
    ) -> SignedIn:
        session = _subject(given["idToken"])
        beginning = {
            "accessToken": {},
            "tokenType": given["tokenType"],
            "clientId": client_id,
            "refreshToken": "",
            "idToken": given["idToken"],
            "dpopKey": key,
            "signInRegion": target.region,
        }
        document = renewed(beginning, given, now=self._clock())
        token = document["accessToken"]
        end = token.pop("expiresAt")
        document["accessToken"] = {**token, "accountId": of_arn(session) or "", "expiresAt": end}
        return SignedIn(session, document, self._clock() + LONGEST)

    def keep(
        self,
        target: SignInTarget,
        found: SignedIn,
        aws_files: AwsFiles,
        *,
        is_shared: bool,
        in_spite_of_findings: bool,
    ) -> None:
        """Keep the tokens of ``found``, then let the profile use them.

        Raises ConfigurationError, also if the profile has got other credentials meanwhile, and
        AwscredsError if they cannot be kept. Then neither is there.
        """
        sealed, of_cli = self._tools.files.login_places(found.session)
        place = of_cli if is_shared else sealed
        before = place.read()
        try:
            if is_shared:
                self._share(found)
            else:
                room = self._room(found.session, is_shared=False)
                room.seal(found.document, region=target.region, ends=found.ends)
            aws_files.edit(
                lambda documents: _write(
                    documents, target, found.session, in_spite_of_findings=in_spite_of_findings
                )
            )
        except BaseException as error:
            if before is None:
                with contextlib.suppress(AwscredsError), place.lock():
                    remove(place)
            unkept = "the login succeeded, but cannot be kept: "
            if isinstance(error, AwscredsError):
                raise error.because(message=unkept + error.message) from None
            if isinstance(error, OSError):
                unkept += error.strerror or type(error).__name__
                raise AwscredsError(unkept, code="login-unkept", hint="log in again") from None
            raise
        if is_shared:
            with sealed.lock():
                remove(sealed)
        self._forget_former(target, found.session)

    def _share(self, found: SignedIn) -> None:
        room, files = self._room(found.session, is_shared=True), self._tools.files
        with room.in_files(), files.lock(room.name):
            os.makedirs(os.path.dirname(room.name), mode=0o700, exist_ok=True)
            known = files.read(room.name) or {}
            files.write(room.name, {**known, **found.document})

    def _forget_former(self, target: SignInTarget, session: str) -> None:
        """Forget the login that the profile had before, if no other profile uses it."""
        former = target.session
        users = [p.name for p in self._tools.profiles.all() if p.of_role(SETTING) == former]
        if former and former != session and set(users) <= {target.profile.name}:
            place, _ = self._tools.files.login_places(former)
            with place.lock():
                remove(place)

    # -- out --------------------------------------------------------------------------------

    def log_out(self, session: str) -> list[str]:
        """Forget the login of ``session``, ours and the AWS CLI's. Returns where there was one.

        Nobody refreshes one meanwhile, which would bring it back. Raises AwscredsError if one
        cannot be removed.
        """
        ended = []
        for place in self._tools.files.login_places(session):
            with place.lock():
                if remove(place):
                    ended.append(place.name)
        return ended

    def _endpoint(self, target: SignInTarget) -> ServiceEndpoint:
        return self._tools.endpoint("signin", target.profile, target.region)


def _write(
    documents: AwsDocuments, target: SignInTarget, session: str, *, in_spite_of_findings: bool
) -> None:
    name = target.profile.name
    profile = documents.profiles.find(name)
    require_room(profile, documents.profiles)
    if profile.of_role(SETTING) not in (None, target.session, session):
        raise ConfigurationError(
            f"somebody else has logged in for the profile {escaped(name)} meanwhile",
            code="login-changed",
            hint=f"log in again: awscreds login --profile {quoted(name)}",
        )
    section = (PROFILE, name)
    documents.config.set(section, stored_name(documents, name, SETTING), session)
    if target.is_new_region and not profile.get("region"):
        documents.config.set(section, "region", target.region)
    if not in_spite_of_findings:
        require_one_reading(documents, [name])


def _authorize_url(base: str, client_id: str, redirect: str, pkce: Pkce) -> str:
    """The page of the browser. Its parameters are not those of IAM Identity Center."""
    query = {
        "response_type": "code",
        "client_id": client_id,
        "state": pkce.state,
        "code_challenge_method": "SHA-256",
        "scope": "openid",
        "redirect_uri": redirect,
        "code_challenge": pkce.challenge,
    }
    return f"{base}/v1/authorize?{urlencode(query, quote_via=quote)}"


def _pasted(text: str, state: str) -> str:
    """The query in the text that a page shows. Raises UsageError if it is not of this login."""
    try:
        query = base64.b64decode("".join(text.split()), validate=True).decode()
    except (binascii.Error, ValueError):
        query = ""
    given = dict(parse_qsl(query)).get("state", "")
    if hmac.compare_digest(given.encode(), state.encode()):
        return query
    raise UsageError(
        "this is not the code that the page of this login shows",
        code="bad-login-code",
        hint="copy all of it; if you opened an older page, run the command again",
    )


def _subject(id_token: str) -> str:
    """Who logged in: an ARN. AWS gave the token itself, so its signature is not checked."""
    with contextlib.suppress(ValueError, IndexError, AttributeError, RecursionError):
        payload = id_token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        subject = claims.get("sub")
        if isinstance(subject, str) and of_arn(subject) and subject.isprintable():
            return subject
    raise AwsError(
        "AWS's sign-in gave no usable answer: it does not say who logged in",
        code="aws-unreadable",
        hint="check the endpoint, and check if a proxy or a login page answers instead of AWS",
    )
