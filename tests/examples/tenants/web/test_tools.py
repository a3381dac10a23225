"""To-do lists, discussions, incidents and the address book, asked for by GraphQL."""

import asyncio
import re
from secrets import token_hex

from playwright.async_api import Page, Route, expect

from tests.examples.tenants.web.conftest import Open, Picture, stand_still, titled, told
from tests.serving import Served


async def begin_list(page: Page, name: str) -> None:
    await page.get_by_role("button", name="New list").click()
    await page.get_by_label("Name").fill(name)
    await page.get_by_role("dialog").get_by_role("button", name="Create").click()
    await titled(page, name)


async def add(page: Page, name: str) -> None:
    await page.get_by_label("New task in").fill(name)
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(page.get_by_role("checkbox", name=name, exact=True)).to_be_visible()


async def test_a_tree_of_tasks_is_built_ticked_and_rolled_up(window: Open):
    page = await window("user-1b", "/tools/todo")
    name = f"Party {token_hex(3)}"
    await begin_list(page, name)
    await add(page, "Buy food")
    await add(page, "Invite guests")
    await page.get_by_role("button", name="Divide Buy food").click()
    await page.get_by_role("dialog").get_by_label("Name").fill("Bread and cheese")
    await page.get_by_role("dialog").get_by_role("button", name="Add").click()
    branch = page.get_by_role("listitem").filter(has_text="Buy food")
    await expect(branch.get_by_role("checkbox", name="Bread and cheese")).to_be_visible()
    await expect(branch.get_by_text("0/1")).to_be_visible()
    await page.get_by_role("checkbox", name="Bread and cheese").click()
    await expect(page.get_by_role("checkbox", name="Bread and cheese")).to_be_checked()
    await expect(page.get_by_role("checkbox", name="Buy food")).to_be_checked()  # its only task is done
    await page.get_by_role("checkbox", name="Invite guests").click()
    await expect(page.locator("main .badge.good", has_text="complete")).to_be_visible()
    await page.get_by_role("button", name="Assign Invite guests").click()
    await page.get_by_role("dialog").get_by_label("To").select_option(label="admin-1")
    await page.get_by_role("dialog").get_by_role("button", name="Assign").click()
    guests = page.get_by_role("listitem").filter(has_text="Invite guests")
    await expect(guests.get_by_text("admin-1")).to_be_visible()
    await page.get_by_role("button", name="Assign Invite guests").click()
    await page.get_by_role("dialog").get_by_label("To").select_option(label="Nobody")
    await page.get_by_role("dialog").get_by_role("button", name="Assign").click()
    await expect(guests.get_by_text("admin-1")).to_have_count(0)
    await page.get_by_role("button", name="Delete Buy food").click()
    await expect(page.get_by_role("dialog")).to_contain_text("The tasks below it are deleted too.")
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(page.get_by_role("checkbox")).to_have_count(1)


async def test_a_name_that_is_too_short_is_refused_in_the_dialog(window: Open):
    page = await window("user-1b", "/tools/todo")
    await page.get_by_role("button", name="New list").click()
    await page.get_by_label("Name").fill("     ")
    await page.get_by_role("dialog").get_by_role("button", name="Create").click()
    await expect(page.get_by_role("dialog").get_by_role("alert")).to_have_text(
        "A name needs at least three characters."
    )
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(page.get_by_role("button", name="New list")).to_be_focused()


async def test_a_list_becomes_a_template_and_a_template_a_list(window: Open, picture: Picture):
    page = await window("admin-1", "/tools/todo", viewport={"width": 1180, "height": 760})
    await page.get_by_role("link", name="Neighborhood cleanup").click()
    await expect(page.get_by_role("checkbox", name="Gloves")).to_be_checked()
    await page.wait_for_load_state("networkidle")
    await picture(page, "todo")
    await page.get_by_role("button", name="Make template").click()
    await told(page, "Here is the template.")
    await page.get_by_role("button", name="New list from this").click()
    await told(page, "Here is a list of your own.")
    await expect(page.get_by_role("checkbox", name="Gloves")).not_to_be_checked()


async def test_what_a_user_may_not_do_is_not_offered(window: Open):
    page = await window("user-1b", "/tools/todo")
    await page.get_by_role("link", name="Neighborhood cleanup").first.click()
    await expect(page.get_by_role("button", name="Edit", exact=True)).to_be_visible()
    await expect(page.get_by_role("button", name="Make template")).to_have_count(0)
    await page.get_by_role("button", name="Edit", exact=True).click()
    await page.go_back()  # to where one was; the dialog does not stay
    await expect(page.get_by_role("link", name="Neighborhood cleanup").first).to_be_focused()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.get_by_label("Templates").check(force=True)
    await page.get_by_role("link", name="Trash pickup at the fountain").first.click()
    await expect(page.get_by_role("button", name="New list from this")).to_be_visible()
    await expect(page.get_by_text("Tell the city")).to_be_visible()
    await expect(page.get_by_role("button", name=re.compile("Edit|Delete|Divide|Assign|Add"))).to_have_count(0)
    await page.go_back()
    await expect(page.get_by_label("Templates")).to_be_checked()


async def test_an_answer_that_is_late_is_not_shown_and_how_many_are_found_is_said(window: Open):
    page = await window("user-1b", "/tools/todo")
    late = asyncio.Event()

    async def hold(route: Route) -> None:
        if '"searchTerm":"clean"' in (route.request.post_data or ""):
            await late.wait()
        await route.continue_()

    await page.route("**/graphql", hold)
    async with page.expect_response(lambda answer: '"clean"' in (answer.request.post_data or "")):
        async with page.expect_request(lambda asked: '"clean"' in (asked.post_data or "")):
            await page.get_by_label("Search").fill("clean")
        await page.get_by_label("Search").fill("nothing like this")
        await expect(page.get_by_text("Nothing fits.").first).to_be_visible()
        late.set()
    await expect(page.locator(".search").get_by_role("status")).to_have_text("Nothing fits.")
    await expect(page.get_by_role("link", name="Neighborhood cleanup")).to_have_count(0)
    await page.get_by_label("Search").fill("trash")
    await expect(page.locator(".search").get_by_role("status")).to_have_text(re.compile("^[1-9] found$"))


async def test_what_a_token_was_too_old_for_is_done_with_a_new_one(window: Open):
    page = await window("user-1b", "/tools/discussions")
    await page.route("**/graphql", lambda route: route.fulfill(status=401, json={"message": "JWT expired"}), times=1)
    await page.get_by_role("button", name="New topic").click()
    await page.get_by_label("What is it about?").fill("An hour later")
    await page.keyboard.press("Enter")
    await titled(page, "An hour later")


async def test_a_long_discussion_begins_at_its_end(window: Open, site: Served):
    said = """with begun as (
            insert into msg.topic (tenant_id, name)
            select tenant_id, 'A long talk' from msg.topic where id = %s returning id, tenant_id
        ), follower as (
            insert into msg.subscriber (tenant_id, topic_id, msg_resident_id)
            select b.tenant_id, b.id, r.resident_id from begun b join msg.msg_resident r using (tenant_id) limit 1
            returning tenant_id, topic_id, msg_resident_id
        )
        insert into msg.message (tenant_id, topic_id, posted_by_msg_resident_id, content)
        select tenant_id, topic_id, msg_resident_id, 'Message ' || number
        from follower, generate_series(1, 120) number order by number"""
    topic = site.sql("""select t.id from msg.topic t join app.tenant a on a.id = t.tenant_id
        where t.identifier = 'where-to-meet' and a.identifier = 'demo-tenant-1'""")
    site.sql(said, topic[0])
    page = await window("user-1b", "/tools/discussions")
    await expect(page.locator("main .rows a").first).to_have_text("A long talk")  # where something was said last
    await expect(page.get_by_text("Trash bags topic")).to_have_count(0)  # where nobody ever said anything
    await page.get_by_role("link", name="A long talk").click()
    messages = page.get_by_role("list", name="Messages").get_by_role("listitem")
    await expect(messages).to_have_count(100)
    await expect(messages.last).to_contain_text("Message 120")
    await expect(messages.last).to_be_in_viewport()
    await page.get_by_role("button", name="Earlier messages").click()
    await expect(messages).to_have_count(120)
    await expect(messages.first).to_contain_text("Message 1")
    await expect(page.get_by_role("button", name="Earlier messages")).to_be_hidden()


async def test_what_is_typed_in_one_window_appears_in_the_other(window: Open):
    text = f"On my way {token_hex(3)} <b>& more</b>"
    listening = await window("admin-1", "/tools/discussions")
    await listening.get_by_role("link", name="Where to meet").click()
    await stand_still(listening, "I bring coffee for everybody")  # what appears now came over the socket
    speaking = await window("user-1a", "/tools/discussions")
    await speaking.get_by_role("link", name="Where to meet").click()
    await speaking.get_by_label("Say something").fill(text)
    await speaking.keyboard.press("Enter")
    heard = listening.get_by_role("list", name="Messages").get_by_role("listitem").filter(has_text=text)
    await expect(heard).to_have_count(1)
    await expect(heard).to_contain_text("user-1a")
    mine = speaking.get_by_role("list", name="Messages").get_by_role("listitem").filter(has_text=text)
    await expect(mine).to_have_count(1)
    await expect(mine).to_contain_text("You")
    await expect(speaking.get_by_label("Say something")).to_be_focused()
    await expect(listening.locator("b")).to_have_count(0)
    await expect(heard.get_by_role("button", name="Delete")).to_have_count(0)  # another's words are not an admin's
    await mine.get_by_role("button", name="Delete").click()
    await expect(mine).to_have_count(0)
    await expect(heard).to_have_count(0)
    await expect(listening.get_by_text("This message was deleted.")).to_be_visible()


async def test_what_a_socket_missed_is_caught_up_with(window: Open):
    text = f"Are you there? {token_hex(3)}"
    deaf = await window("admin-1", "/tools/discussions")
    await deaf.route_web_socket("**/graphql", lambda _: None)  # a socket over which nothing ever comes
    await deaf.get_by_role("link", name="Where to meet").click()
    await stand_still(deaf, "I bring coffee for everybody")
    speaking = await window("user-1a", "/tools/discussions")
    await speaking.get_by_role("link", name="Where to meet").click()
    await speaking.get_by_label("Say something").fill(text)
    await speaking.keyboard.press("Enter")
    await expect(speaking.get_by_text(text)).to_be_visible()
    await expect(deaf.get_by_text(text)).to_have_count(0)
    await deaf.clock.run_for(16_000)
    await expect(deaf.get_by_text(text)).to_have_count(1)


async def test_a_discussion_that_is_closed_takes_nothing_more_and_one_about_something_leads_there(window: Open):
    page = await window("user-1b", "/tools/discussions")
    await page.get_by_role("link", name="Trash pickup at the fountain topic").click()
    await expect(page.get_by_role("link", name="Trash pickup at the fountain", exact=True)).to_be_visible()
    await page.go_back()
    await page.get_by_role("link", name="Last year").click()
    await expect(page.get_by_text("This discussion is closed.")).to_be_visible()
    await expect(page.get_by_label("Say something")).to_have_count(0)


async def test_an_incident_is_reported_worked_on_and_closed(window: Open):
    page = await window("user-1b", "/tools/incidents")
    await page.get_by_role("button", name="Report").click()
    name = f"Tree on the road {token_hex(3)}"
    await page.get_by_label("What happened?").fill(name)
    await page.get_by_label("Where?").fill("Main Street")
    await page.get_by_role("dialog").get_by_role("button", name="Report").click()
    await titled(page, name)
    await expect(page.get_by_text("Main Street")).to_be_visible()
    await add(page, "Call the fire brigade")
    await page.get_by_label("Closed").check(force=True)
    await told(page, "The status is changed.")
    await page.goto(page.url.partition("#")[0] + "#/tools/incidents")
    row = page.get_by_role("listitem").filter(has_text=name)
    await expect(row.get_by_text("closed")).to_be_visible()


async def test_who_joins_the_address_book_sees_who_is_in_it(window: Open):
    page = await window("user-1b", "/tools/address-book")
    await expect(page.get_by_text("admin-2@example.com")).to_have_count(0)
    await page.get_by_role("button", name="Join").click()
    await expect(page.get_by_text("admin-2@example.com")).to_be_visible()
    await page.get_by_role("button", name="Leave the address book").click()
    await expect(page.get_by_role("button", name="Join")).to_be_visible()
