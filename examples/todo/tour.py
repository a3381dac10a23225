"""A walk through the example over HTTP: every line printed is an exchange that took place and was checked.

`gatepost dev examples/todo --tour` runs it. To run it against a server that is up:
    env $(gatepost status examples/todo -o env | tr -d '"') python examples/todo/tour.py
It needs nothing but Python, and ends with 0 only if every step held.
"""

import base64
import hashlib
import hmac
import http.client
import json
import os
import re
import secrets
import struct
import sys
import time
import urllib.parse

API = urllib.parse.urlsplit(os.environ["API_URL"])
INBOX = urllib.parse.urlsplit(os.environ["MAILPIT_URL"])
PUBLISHABLE, SECRET = os.environ["PUBLISHABLE_KEY"], os.environ["SECRET_KEY"]
COLOUR = sys.stdout.isatty() and "NO_COLOR" not in os.environ
RUN = secrets.token_hex(3)
PASSWORD = secrets.token_urlsafe(12)
failures: list[str] = []


class Answer:
    """Status and decoded body of one exchange."""

    def __init__(self, line, status, body):
        self.line, self.status, self.text = line, status, body.decode()
        try:
            self.json = json.loads(body) if body else None
        except ValueError:
            self.json = None


def call(method, path, *, key=PUBLISHABLE, token=None, body=None, headers=None, base=API):
    """One request on a connection of its own."""
    sent = {"apikey": key} if key else {}
    sent |= {"Authorization": f"Bearer {token}"} if token else {}
    sent |= {"Content-Type": "application/json"} if body is not None else {}
    connection = http.client.HTTPConnection(base.hostname, base.port, timeout=10)
    try:
        connection.request(method, base.path + path, None if body is None else json.dumps(body), sent | (headers or {}))
        answer = connection.getresponse()
        return Answer(f"{method} {base.path}{path.split('&token')[0].split('?token')[0]}", answer.status, answer.read())
    finally:
        connection.close()


def holds(condition):
    """An answer of another shape than expected is one that does not hold."""
    try:
        return bool(condition())
    except (AttributeError, IndexError, KeyError, TypeError):
        return False


def step(answer, status, what, held=lambda: True):
    """Print the exchange with what it shows; `held()` is what else must be true of it."""
    good = answer.status == status and holds(held)
    failures.extend([] if good else [what])
    mark, colour = ("✓", "32") if good else ("✗", "31")
    mark = f"\033[{colour}m{mark}\033[0m" if COLOUR else mark
    print(f"  {mark} {answer.line} → {answer.status}  {what}", flush=True)
    if not good:
        print(f"      expected {status}; the answer was {answer.text[:400]}", flush=True)
    return answer


def chapter(title):
    print(f"\n{title}", flush=True)


def mail_to(address):
    """The newest mail to an address: its text and HTML. Mail is sent beside the request, so it may be a moment late."""
    for _ in range(50):
        messages = call("GET", "/api/v1/messages", key=None, base=INBOX).json["messages"]
        for message in messages:
            if any(to["Address"] == address for to in message["To"]):
                return call("GET", f"/api/v1/message/{message['ID']}", key=None, base=INBOX)
        time.sleep(0.1)
    raise SystemExit(f"no mail to {address} arrived in 5 seconds")


def code_in(mail):
    return re.search(r"\b(\d{6})\b", re.sub(r"<[^>]*>", " ", mail.json["HTML"] or mail.json["Text"]))[1]


def sign_up(name, domain="example.com"):
    """A new user whose address is confirmed by the code in the mail; the session."""
    email = f"{name}.{RUN}@{domain}"
    body = {"email": email, "password": PASSWORD, "data": {"username": f"{name}-{RUN}"}}
    answer = step(
        call("POST", "/auth/v1/signup", body=body), 200, f"{name} signs up; no session before the mail is read"
    )
    if answer.json.get("access_token"):
        return answer.json
    grant = {"email": email, "password": PASSWORD}
    refused = call("POST", "/auth/v1/token?grant_type=password", body=grant)
    step(
        refused, 400, "the password alone does not do", lambda: refused.json.get("error_code") == "email_not_confirmed"
    )
    mail = step(mail_to(email), 200, f"the mail is in the inbox: {MAIL_SUBJECT}")
    body = {"type": "signup", "email": email, "token": code_in(mail)}
    step(call("POST", "/auth/v1/verify", body=body), 200, "the code of the mail confirms the address")
    answer = call("POST", "/auth/v1/token?grant_type=password", body=grant)
    return step(answer, 200, f"{name} signs in", lambda: answer.json.get("user", {}).get("email") == email).json


def totp(secret):
    """The six digits an authenticator app would show now (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    offset = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[offset : offset + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


MAIL_SUBJECT = "a link and a code"
RETURN = {"Prefer": "return=representation"}


def users():
    chapter("Who: two users, each with a mailbox")
    return sign_up("ada"), sign_up("bob")


def write(token, task):
    answer = call("POST", "/rest/v1/todos", token=token, body={"task": task}, headers=RETURN)
    what = f"“{task}” is written; the database fills in whose it is"
    step(answer, 201, what, lambda: len(answer.json) == 1 and answer.json[0]["user_id"])


def todos(ada, bob):
    chapter("Own rows: todos belong to the user who wrote them")
    mine, his = ada["access_token"], bob["access_token"]
    for token, task in ((mine, "Write the engine's notes"), (mine, "Call Charles"), (his, "Buy bread")):
        write(token, task)
    answer = call("GET", "/rest/v1/todos?select=task&order=id", token=mine)
    step(
        answer,
        200,
        "ada sees her two",
        lambda: answer.json == [{"task": "Write the engine's notes"}, {"task": "Call Charles"}],
    )
    answer = call("GET", "/rest/v1/todos?select=task", token=his)
    step(answer, 200, "bob sees his one", lambda: answer.json == [{"task": "Buy bread"}])
    theft = {"task": "Pay bob", "user_id": ada["user"]["id"]}
    answer = call("POST", "/rest/v1/todos", token=his, body=theft)
    step(answer, 403, "bob may not write in ada's name", lambda: answer.json["code"] == "42501")
    answer = call(
        "PATCH", f"/rest/v1/todos?user_id=eq.{ada['user']['id']}", token=his, body={"done": True}, headers=RETURN
    )
    step(answer, 200, "bob's update of ada's rows finds none", lambda: answer.json == [])
    answer = call("GET", "/rest/v1/todos")
    step(answer, 401, "nobody at all has no right to the table", lambda: answer.json["code"] == "42501")
    return mine, his


def keys(mine):
    chapter("Keys: what a key allows, and what a user's token makes of it")
    answer = call("GET", "/rest/v1/todos", key=None)
    step(answer, 401, "no key, no answer")
    answer = call("GET", "/rest/v1/todos?select=id", key=SECRET)
    step(answer, 200, "the secret key sees all rows", lambda: len(answer.json) >= 3)
    answer = call("GET", "/rest/v1/todos?select=task", key=SECRET, token=mine)
    step(answer, 200, "the secret key with ada's token sees ada's rows", lambda: len(answer.json) == 2)
    answer = call("GET", "/rest/v1/todos", token=mine[:-4] + ("AAAA" if mine[-4:] != "AAAA" else "BBBB"))
    step(answer, 401, "a token whose signature is wrong is nobody's, and says so")


def profiles(ada, mine):
    chapter("A second factor: a profile changes only after the authenticator's code")
    who = f"/rest/v1/profiles?id=eq.{ada['user']['id']}"
    answer = call("GET", who + "&select=username")
    step(
        answer,
        200,
        "everybody may read the profile that sign-up made",
        lambda: answer.json == [{"username": f"ada-{RUN}"}],
    )
    change = {"avatar_url": "https://example.com/ada.png"}
    answer = call("PATCH", who, token=mine, body=change, headers=RETURN)
    step(answer, 200, "with a password alone (aal1) her update finds no row", lambda: answer.json == [])
    body = {"factor_type": "totp", "friendly_name": "phone"}
    factor = step(call("POST", "/auth/v1/factors", token=mine, body=body), 200, "ada enrols an authenticator").json
    path = f"/auth/v1/factors/{factor['id']}"
    challenge = step(call("POST", path + "/challenge", token=mine, body={}), 200, "the server asks for a code").json
    wrong = {"challenge_id": challenge["id"], "code": f"{(int(totp(factor['totp']['secret'])) + 1) % 1_000_000:06}"}
    step(call("POST", path + "/verify", token=mine, body=wrong), 422, "a wrong code is refused")
    challenge = step(call("POST", path + "/challenge", token=mine, body={}), 200, "once more").json
    proof = {"challenge_id": challenge["id"], "code": totp(factor["totp"]["secret"])}
    raised = step(
        call("POST", path + "/verify", token=mine, body=proof), 200, "the right code raises the session to aal2"
    )
    answer = call("PATCH", who, token=raised.json["access_token"], body=change, headers=RETURN)
    step(
        answer,
        200,
        "now the update works",
        lambda: answer.json and answer.json[0]["avatar_url"] == change["avatar_url"],
    )
    return raised.json


def teams(ada, bob, mine, his):
    chapter("Teams: membership decides, through a function that policies may ask")
    answer = call("POST", "/rest/v1/rpc/create_team", token=mine, body={"name": f"Engine {RUN}"})
    team = step(answer, 200, "ada founds a team; she is its first member", lambda: isinstance(answer.json, int)).json
    answer = call("GET", f"/rest/v1/teams?id=eq.{team}", token=his)
    step(answer, 200, "bob does not see it", lambda: answer.json == [])
    answer = call("POST", "/rest/v1/members", token=his, body={"team_id": team, "user_id": bob["user"]["id"]})
    step(answer, 403, "bob cannot take himself in", lambda: answer.json["code"] == "42501")
    answer = call("POST", "/rest/v1/members", token=mine, body={"team_id": team, "user_id": bob["user"]["id"]})
    step(answer, 201, "ada can")
    answer = call("GET", f"/rest/v1/teams?id=eq.{team}&select=name,members(user_id)", token=his)
    members = {row["user_id"] for row in answer.json[0]["members"]} if answer.json else set()
    step(answer, 200, "bob sees the team with both members", lambda: members == {ada["user"]["id"], bob["user"]["id"]})
    answer = call("PATCH", f"/rest/v1/teams?id=eq.{team}", token=his, body={"name": f"Engines {RUN}"}, headers=RETURN)
    step(answer, 200, "and may change it", lambda: len(answer.json) == 1)
    return team


def announcements(bob, his, team):
    chapter("Claims: what a token says is as old as the token")
    answer = call("POST", "/rest/v1/announcements", key=SECRET, body={"team_id": team, "body": "Meeting at nine"})
    step(answer, 201, "the server writes an announcement for the team")
    body = {"app_metadata": {"teams": [team]}}
    answer = call("PUT", f"/auth/v1/admin/users/{bob['user']['id']}", key=SECRET, token=SECRET, body=body)
    step(
        answer,
        200,
        "an administrator writes bob's teams into his claims",
        lambda: answer.json["app_metadata"]["teams"] == [team],
    )
    answer = call("GET", f"/rest/v1/announcements?team_id=eq.{team}", token=his)
    step(answer, 200, "bob's old token does not have them", lambda: answer.json == [])
    answer = call("PUT", "/auth/v1/user", token=his, body={"data": {"teams": [team]}})
    step(answer, 200, "bob writes them into his own metadata, which decides nothing")
    answer = call("GET", f"/rest/v1/announcements?team_id=eq.{team}", token=his)
    step(answer, 200, "still none", lambda: answer.json == [])
    body = {"refresh_token": bob["refresh_token"]}
    fresh = step(
        call("POST", "/auth/v1/token?grant_type=refresh_token", body=body), 200, "bob refreshes his session"
    ).json
    answer = call("GET", f"/rest/v1/announcements?team_id=eq.{team}&select=body", token=fresh["access_token"])
    step(answer, 200, "the new token has them", lambda: answer.json == [{"body": "Meeting at nine"}])
    return fresh


def leaderboard(his):
    chapter("Staff: known by the domain of their address")
    answer = call("GET", "/rest/v1/leaderboard?select=player,score&order=score.desc&limit=1")
    step(answer, 200, "everybody reads the leaderboard", lambda: len(answer.json) == 1)
    player = answer.json[0]["player"]
    answer = call("PATCH", f"/rest/v1/leaderboard?player=eq.{player}", token=his, body={"score": 0}, headers=RETURN)
    step(answer, 200, "bob's update finds no row", lambda: answer.json == [])
    carol = sign_up("carol", "staff.example.com")["access_token"]
    answer = call("PATCH", f"/rest/v1/leaderboard?player=eq.{player}", token=carol, body={"score": 43}, headers=RETURN)
    step(answer, 200, "carol, who is staff, changes it", lambda: answer.json and answer.json[0]["score"] == 43)


def private(mine):
    chapter("Private: what is not exposed cannot be reached")
    answer = call("GET", "/rest/v1/employees", key=SECRET)
    step(answer, 404, "the table in schema private is not there, not even for the secret key")
    answer = call("GET", "/rest/v1/employees", token=mine, headers={"Accept-Profile": "private"})
    step(answer, 406, "and its schema cannot be asked for", lambda: answer.json["code"] == "PGRST106")


def leave(session):
    chapter("The end of a session")
    answer = call("POST", "/auth/v1/logout?scope=global", token=session["access_token"])
    step(answer, 204, "ada signs out everywhere")
    answer = call("POST", "/auth/v1/token?grant_type=refresh_token", body={"refresh_token": session["refresh_token"]})
    step(answer, 400, "her refresh token is worth nothing now")


def main():
    ada, bob = users()
    mine, his = todos(ada, bob)
    keys(mine)
    raised = profiles(ada, mine)
    team = teams(ada, bob, raised["access_token"], his)
    fresh = announcements(bob, his, team)
    leaderboard(fresh["access_token"])
    private(raised["access_token"])
    leave(raised)
    print(f"\n{'every step held' if not failures else f'{len(failures)} steps did not hold'}", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        # An answer that lacks what the next step needs: the step before has said what was wrong with it.
        sys.exit(f"\nthe tour cannot go on: {type(error).__name__} {error}")
