"""Be somebody of the demonstration: a link by mail, exchanged in the browser that asked for it."""

import re

from playwright.async_api import expect

from tests.examples.tenants.web.conftest import Open, Picture, probe, stand_still, titled, told, told_in_time
from tests.serving import Served


async def test_a_person_is_chosen_and_signs_in_by_the_link_in_the_inbox(window: Open, site: Served, picture: Picture):
    page = await window()
    await expect(page.get_by_role("heading", name="Demo Tenant 1")).to_be_visible()
    await picture(page, "sign-in")
    await page.get_by_role("button", name="Sign in as user-3a in Demo Tenant 3").click()
    await expect(page.get_by_role("heading", name="A link is on its way")).to_be_focused()
    async with page.expect_popup() as popup:
        await page.get_by_role("link", name="Open the inbox").click()
    inbox = await popup.value
    await expect(inbox.locator("#to")).to_have_text("user-3a@example.com")
    await inbox.set_viewport_size({"width": 360, "height": 740})
    assert [await probe(inbox, name) for name in ("wide", "faint", "nameless")] == [[], [], []]
    async with inbox.expect_popup() as popup:
        await inbox.frame_locator("#body").get_by_role("link").first.click()
    arrived = await popup.value
    await titled(arrived, "Hello, user-3a")
    assert "code=" not in arrived.url, "the code of PKCE is taken out of the address"
    await titled(page, "Hello, user-3a")  # the window that asked is signed in too
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("heading", name="Be somebody of the demonstration")).to_be_visible()
    await expect(arrived.get_by_role("heading", name="Be somebody of the demonstration")).to_be_visible()


async def test_a_link_serves_once_and_says_so(window: Open, site: Served):
    page = await window("", "/tools/discussions")
    await page.get_by_label("E-mail address").fill("user-3a@example.com")
    sent = len(site.inbox.to("user-3a@example.com"))
    await page.get_by_role("button", name="Send me a link").click()
    await expect(page.get_by_role("heading", name="A link is on its way")).to_be_visible()
    link = site.inbox.read("user-3a@example.com", sent + 1).link
    await page.goto(link)
    await titled(page, "Discussions")  # where one wanted to go
    await page.goto(link)
    await told(page, "This link was used before, or is too old")
    await expect(page).to_have_url(re.compile(r"/$"))


async def test_a_link_that_somebody_else_opens_signs_nobody_in(window: Open, site: Served):
    """The code in it is worth nothing without the secret that stayed in the browser that asked."""
    page = await window()
    await page.get_by_label("E-mail address").fill("admin-3@example.com")
    sent = len(site.inbox.to("admin-3@example.com"))
    await page.get_by_role("button", name="Send me a link").click()
    await expect(page.get_by_role("heading", name="A link is on its way")).to_be_visible()
    thief = await window()
    await thief.goto(site.inbox.read("admin-3@example.com", sent + 1).link)
    await told(thief, "Open the link in the browser that asked for it")
    await expect(thief.get_by_role("heading", name="Be somebody of the demonstration")).to_be_visible()


async def test_who_has_no_invitation_has_nowhere_to_go_yet(window: Open, site: Served):
    page = await window()
    await page.get_by_label("E-mail address").fill("newcomer@example.com")
    await page.get_by_role("button", name="Send me a link").click()
    await expect(page.get_by_role("heading", name="A link is on its way")).to_be_visible()
    await page.goto(site.inbox.read("newcomer@example.com").link)
    await titled(page, "You are in no tenant")
    await expect(page.get_by_text("Nobody has invited you to a tenant yet.")).to_be_visible()


async def test_an_invitation_is_accepted_and_one_is_declined(window: Open):
    """An admin invites, the invited person sees it at once, and comes in."""
    admin = await window("admin-3", "/admin/app-tenant-residencies")
    await admin.get_by_role("button", name="Invite").click()
    await admin.get_by_label("E-mail address").fill("user-2b@example.com")
    await admin.get_by_role("dialog").get_by_role("button", name="Invite").click()
    await told(admin, "user-2b@example.com is invited, and a mail is on its way.")
    guest = await window("user-2b")
    await guest.get_by_role("button", name="Accept: Demo Tenant 3").click()
    await told(guest, "You are in Demo Tenant 3 now.")
    await expect(guest.get_by_text("You work in Demo Tenant 3.")).to_be_visible()
    await guest.goto(guest.url.partition("#")[0] + "#/my-profile")
    await guest.get_by_role("button", name="Work here: Demo Tenant 2").click()
    await told(guest, "You are in Demo Tenant 2 now.")
    await guest.goto(guest.url.partition("#")[0] + "#/my-profile")
    await guest.get_by_role("button", name="Decline Demo Tenant 3").click()
    await guest.get_by_role("dialog").get_by_role("button", name="Decline").click()
    await told(guest, "You have declined Demo Tenant 3.")
    await expect(guest.get_by_text("declined", exact=True)).to_be_visible()


async def test_who_is_new_is_invited_by_mail_and_asked_before_the_link_signs_in(window: Open, site: Served):
    admin = await window("admin-3", "/admin/app-tenant-residencies")
    await admin.get_by_role("button", name="Invite").click()
    await admin.get_by_label("E-mail address").fill("recruit@example.com")
    await admin.get_by_label("Comes as").select_option(label="Admin")
    await admin.get_by_role("dialog").get_by_role("button", name="Invite").click()
    await told(admin, "recruit@example.com is invited, and a mail is on its way.")
    recruit = await window()
    await recruit.goto(site.inbox.read("recruit@example.com").link)
    await expect(recruit.get_by_role("heading", name="You are invited")).to_be_visible()
    assert "access_token" not in recruit.url
    await recruit.get_by_role("button", name="Sign in as recruit@example.com").click()
    await recruit.get_by_role("button", name="Accept: Demo Tenant 3").click()
    await expect(
        recruit.get_by_role("navigation", name="Modules").get_by_role("link", name="App Users")
    ).to_be_visible()


async def test_a_session_that_ended_elsewhere_ends_here(window: Open, site: Served):
    page = await window("user-3a")
    await expect(page.get_by_text("You work in Demo Tenant 3.")).to_be_visible()
    token = await page.evaluate("JSON.parse(localStorage.getItem('sb-127-auth-token')).access_token")
    headers = {"apikey": site.publishable, "authorization": f"Bearer {token}"}
    ended = await page.request.post(f"{site.url}/auth/v1/logout?scope=global", headers=headers)
    assert ended.status == 204
    await expect(page.get_by_role("heading", name="Be somebody of the demonstration")).to_be_visible()
    await told(page, "You are signed out.")


async def test_a_server_that_is_away_is_told_of_and_what_it_owes_comes_when_it_is_back(window: Open):
    page = await window("user-3a")
    await stand_still(page, "You work in Demo Tenant 3.")
    await page.context.set_offline(True)
    await page.get_by_role("navigation").get_by_role("link", name="Discussions").click()
    await titled(page, "That did not work")
    await told_in_time(page, "The server does not answer. This page tries again by itself.")
    await page.context.set_offline(False)
    await told_in_time(page, "The server answers again.")
    await expect(page.get_by_role("link", name="Where to meet")).to_be_visible()
    await page.context.set_offline(True)
    await page.get_by_role("button", name="Sign out").click()
    await told_in_time(page, "You are signed out.")
    await expect(page.get_by_role("heading", name="Be somebody of the demonstration")).to_be_visible()


async def test_without_its_packages_the_application_says_how_to_get_them(window: Open, site: Served):
    page = await window()
    await page.route("**/assets/*", lambda route: route.fulfill(status=404))
    await page.reload()
    await titled(page, "One thing is missing")
    await expect(page.get_by_text("gatepost assets")).to_be_visible()


async def test_a_page_that_one_has_no_licence_for_says_so(window: Open):
    page = await window("user-1b", "/site-admin/tenant")
    await titled(page, "This is not for you")
    for nowhere in ("/nowhere/at/all", "/tools/todo/7"):
        await page.goto(page.url.partition("#")[0] + f"#{nowhere}")
        await titled(page, "There is no such page")
        await page.get_by_role("link", name="To the start").click()
        await titled(page, "Hello, user-1b")
