"""The example's todos from Python, with the unmodified Supabase client.

pip install supabase
export $(gatepost status examples/todo -o env | tr -d '"')
python examples/todo/clients/client.py
"""

import json
import os
import re
import secrets
import time
import urllib.request

from supabase import create_client

INBOX = os.environ["MAILPIT_URL"]


def code_for(address: str) -> str:
    """The code of the newest mail to an address, from the development inbox; a person would read it."""
    for _ in range(50):
        with urllib.request.urlopen(f"{INBOX}/api/v1/messages") as answer:
            messages = json.load(answer)["messages"]
        for message in messages:
            if any(to["Address"] == address for to in message["To"]):
                with urllib.request.urlopen(f"{INBOX}/api/v1/message/{message['ID']}") as answer:
                    mail = json.load(answer)
                return re.search(r"\b\d{6}\b", re.sub(r"<[^>]*>", " ", mail["HTML"] or mail["Text"]))[0]
        time.sleep(0.1)
    raise SystemExit(f"no mail to {address} arrived")


def main() -> None:
    client = create_client(os.environ["API_URL"], os.environ["PUBLISHABLE_KEY"])
    email, password = f"dora.{secrets.token_hex(3)}@example.com", secrets.token_urlsafe(12)

    signed_up = client.auth.sign_up(
        {"email": email, "password": password, "options": {"data": {"username": email.split("@", maxsplit=1)[0]}}}
    )
    if signed_up.session is None:
        client.auth.verify_otp({"type": "signup", "email": email, "token": code_for(email)})
    user = client.auth.get_user().user
    print("signed in as", user.email)

    client.table("todos").insert([{"task": "Learn row level security"}, {"task": "Sleep"}]).execute()
    client.table("todos").update({"done": True}).eq("task", "Sleep").execute()
    for todo in client.table("todos").select("task, done").order("id").execute().data:
        print("[x]" if todo["done"] else "[ ]", todo["task"])

    team = client.rpc("create_team", {"name": "Readers"}).execute().data
    print("team", client.table("teams").select("name, members(user_id)").eq("id", team).execute().data)
    print("profile", client.table("profiles").select("username").eq("id", user.id).single().execute().data)
    print("leaderboard", client.table("leaderboard").select("*").order("score", desc=True).execute().data)

    client.auth.sign_out()


if __name__ == "__main__":
    main()
