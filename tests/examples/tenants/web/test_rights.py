"""Who one is changes while a page is open: a switch, a licence, a block, support; each shows at once."""

import re

from playwright.async_api import Page, expect

from tests.examples.tenants.web.conftest import Open, Picture, stand_still, titled, told


async def at_person(page: Page, who: str) -> None:
    await page.get_by_role("link", name=who, exact=True).click()
    await titled(page, who)


async def test_a_switch_of_tenants_shows_the_other_tenants_rows(window: Open):
    page = await window("consultant", "/")
    await page.get_by_role("button", name="Accept: Demo Tenant 2").click()
    await expect(page.get_by_text("You work in Demo Tenant 2.")).to_be_visible()
    await page.get_by_label("Tenant").select_option(label="Demo Tenant 1")
    await expect(page.get_by_text("You work in Demo Tenant 1.")).to_be_visible()
    await page.get_by_role("navigation").get_by_role("link", name="Todo").click()
    await page.get_by_role("link", name="Neighborhood cleanup").first.click()
    await expect(page.get_by_text("user-1a").first).to_be_visible()
    address = page.url
    await page.get_by_label("Tenant").select_option(label="Demo Tenant 2")
    await expect(page.get_by_text("You work in Demo Tenant 2.")).to_be_visible()
    await page.goto(address)  # a to-do of the other tenant
    await titled(page, "No to-do")


async def test_a_switch_in_one_window_is_one_in_every_window_of_that_browser(window: Open):
    page = await window("consultant")
    other = await page.context.new_page()
    await other.goto(page.url)
    await expect(other.get_by_label("Tenant")).to_be_visible()
    select = page.get_by_label("Tenant")
    now, at = await select.evaluate("node => [node.selectedOptions[0].text, node.selectedIndex]")
    await select.focus()
    await page.keyboard.press("ArrowUp" if at else "ArrowDown")  # opens the list, and goes nowhere yet
    assert await select.evaluate("node => node.selectedIndex") == at
    await page.keyboard.press("Escape")
    there = "Demo Tenant 1" if now == "Demo Tenant 2" else "Demo Tenant 2"
    await page.get_by_label("Tenant").select_option(label=there)
    await expect(other.get_by_text(f"You work in {there}.")).to_be_visible()


async def test_a_licence_is_granted_in_one_window_and_the_tool_appears_in_the_other(window: Open, picture: Picture):
    admin = await window("admin-2", "/admin/app-tenant-residencies", viewport={"width": 1180, "height": 760})
    await at_person(admin, "user-2b")
    user = await window("user-2b", "/my-profile")
    await user.get_by_label("First name").fill("Half a na")
    tools = user.get_by_role("navigation", name="Modules")
    await expect(tools.get_by_role("link", name="Incidents")).to_be_visible()
    licence = admin.get_by_role("group", name="Licence of inc")
    await licence.get_by_label("None").check(force=True)
    await told(admin, "The licence is revoked.")
    await expect(tools.get_by_role("link", name="Incidents")).to_have_count(0)
    await told(user, "Your licences have changed.")
    await expect(user.get_by_label("First name")).to_have_value("Half a na")  # though the page was drawn anew
    await expect(user.get_by_label("First name")).to_be_focused()
    await licence.get_by_label("Incidents User").check(force=True)
    await told(admin, "Incidents User is granted.")
    await user.evaluate("dispatchEvent(new Event('focus'))")  # as who comes back to the window, sooner than it looks
    await expect(tools.get_by_role("link", name="Incidents")).to_be_visible()
    await told(user, "You have a new licence here")
    await tools.get_by_role("link", name="Incidents").click()
    await expect(user.get_by_role("link", name="Trash pickup at the fountain")).to_be_visible()
    await picture(admin, "licences")
    await admin.get_by_role("navigation").get_by_role("link", name="Record").click()
    granted = admin.get_by_role("listitem").filter(has_text="License granted").first
    await expect(granted).to_contain_text(re.compile("by admin-2 · user-2b · incidents-user$"))


async def test_a_blocked_users_next_action_says_so(window: Open):
    user = await window("user-2a", "/tools/todo")
    await stand_still(user, "Neighborhood cleanup")  # it looks at no claims: what is refused is the action
    await user.get_by_role("button", name="New list").click()
    await user.get_by_label("Name").fill("One more list")
    admin = await window("admin-2", "/admin/app-tenant-residencies")
    await at_person(admin, "user-2a")
    await admin.get_by_role("button", name="Block").click()
    await admin.get_by_role("dialog").get_by_role("button", name="Block").click()
    await told(admin, "user-2a is blocked.")
    await user.get_by_role("dialog").get_by_role("button", name="Create").click()
    await user.clock.run_for(200)
    await told(user, "You have been blocked in Demo Tenant 2.")
    await titled(user, "You are in no tenant")
    await expect(user.get_by_role("dialog")).to_have_count(0)
    await expect(user.get_by_role("navigation", name="Modules").get_by_role("link")).to_have_count(0)
    await admin.get_by_role("button", name="Unblock").click()
    await told(admin, "user-2a can come in again.")
    await user.clock.run_for(4000)
    await expect(user.get_by_text("You work in Demo Tenant 2.")).to_be_visible()


async def test_nobody_changes_his_own_standing(window: Open):
    page = await window("admin-1", "/admin/app-tenant-residencies")
    await at_person(page, "admin-1")
    await expect(page.get_by_role("button", name="Block")).to_have_count(0)
    await expect(page.get_by_role("group", name="Licence of base").get_by_label("App User")).to_be_disabled()


async def test_support_mode_is_entered_for_a_reason_seen_by_the_tenant_and_left(window: Open, picture: Picture):
    page = await window("app-admin-super", "/site-admin/tenant", viewport={"width": 1180, "height": 760})
    await page.get_by_role("button", name="Support Demo Tenant 3").click()
    await page.get_by_label("Reason").fill("A list has gone missing")
    await page.get_by_role("dialog").get_by_label("For").select_option(label="30 minutes")
    await page.get_by_role("button", name="Enter support mode").click()
    banner = page.get_by_role("region", name="Support mode")
    await expect(banner).to_contain_text("Support mode in Demo Tenant 3")
    await expect(banner).to_contain_text("A list has gone missing")
    await titled(page, "App users")
    await expect(page.get_by_role("link", name="user-3a")).to_be_visible()
    await picture(page, "support")
    admin = await window("admin-3", "/admin/record")
    await expect(admin.get_by_role("listitem").filter(has_text="A list has gone missing").first).to_contain_text("now")
    await banner.get_by_role("button", name="Exit support mode").click()
    await expect(banner).to_be_hidden()
    await titled(page, "Tenants")
    await admin.reload()
    await expect(admin.get_by_role("listitem").filter(has_text="A list has gone missing").first).to_contain_text(
        "ended"
    )


async def test_who_supports_and_does_not_run_the_site_finds_tenants_too(window: Open):
    page = await window("app-admin-support")
    tools = page.get_by_role("navigation", name="Modules")
    await expect(tools.get_by_role("link", name="Applications")).to_have_count(0)
    await tools.get_by_role("link", name="Resident Support").click()
    await page.get_by_label("Search").fill("consul")
    await expect(page.get_by_text("consultant@example.com, Demo Tenant 1")).to_be_visible()
    await expect(page.get_by_text("admin-1")).to_have_count(0)


async def test_support_that_may_only_look_changes_nothing(window: Open):
    page = await window("app-admin-super", "/site-admin/tenant")
    await page.get_by_role("button", name="Support Demo Tenant 3").click()
    await page.get_by_label("Reason").fill("Just looking")
    await page.get_by_label("To look only").check()
    await page.get_by_role("button", name="Enter support mode").click()
    await expect(page.get_by_role("region", name="Support mode")).to_contain_text("To look only")
    await at_person(page, "user-3a")
    await page.get_by_label("Address Book").click()
    await told(page, "You are here to look only")
    await expect(page.get_by_label("Address Book")).to_be_checked()
    await page.get_by_role("button", name="Exit support mode").click()
    await titled(page, "Tenants")


async def test_a_tenant_is_made_subscribed_deactivated_and_activated(window: Open):
    page = await window("app-admin-super", "/site-admin/tenant")
    await page.get_by_role("button", name="New tenant").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Name", exact=True).fill("Brand New")
    await dialog.get_by_label("Address of its first admin").fill("boss@example.com")
    await dialog.get_by_role("button", name="Create").click()
    await told(page, "Brand New is there.")
    await page.get_by_role("link", name="Brand New").click()
    await titled(page, "Brand New")
    await page.get_by_role("button", name="Deactivate Incidents").click()
    await expect(page.get_by_role("button", name="Reactivate Incidents")).to_be_visible()
    await page.get_by_role("button", name="Deactivate", exact=True).click()
    await dialog.get_by_role("button", name="Deactivate").click()
    await expect(page.get_by_role("button", name="Activate", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Activate", exact=True).click()
    await told(page, "Brand New is active again.")


async def test_a_refusal_of_the_server_is_a_sentence(window: Open):
    page = await window("app-admin-super", "/site-admin/tenant")
    await page.get_by_role("button", name="New tenant").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Name", exact=True).fill("Demo Tenant 1")
    await dialog.get_by_label("Address of its first admin").fill("boss@example.com")
    await dialog.get_by_role("button", name="Create").click()
    await expect(dialog.get_by_role("alert")).to_have_text("There is a tenant with this name or identifier already.")
