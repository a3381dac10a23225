"""For everybody: by keyboard alone, on a phone, in the dark, with a screen reader."""

import pytest
from playwright.async_api import Page, expect

from tests.examples.tenants.web.conftest import Open, Picture, probe, titled, told

PHONE = {"viewport": {"width": 360, "height": 740}}
EVERYDAY = ("/", "/my-profile", "/tools/todo", "/tools/discussions", "/tools/incidents", "/tools/address-book")
ADMIN = (
    "/admin/app-tenant-residencies",
    "/admin/app-tenant-licenses",
    "/admin/app-tenant-subscriptions",
    "/admin/record",
)
SITE = (
    "/site-admin/tenant", "/site-admin/tenant-residents", "/site-admin/site-users", "/site-admin/license-pack",
    "/site-admin/applications",
)  # fmt: skip


async def visit(page: Page, route: str) -> None:
    """Another page, as it is when everything is there."""
    await page.evaluate("route => { location.hash = route }", route)
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await expect(page.locator("[aria-busy=true]")).to_have_count(0)


async def visit_first(page: Page, route: str) -> None:
    """The page of the first thing that another page lists."""
    await visit(page, route)
    await page.locator("main .rows a").first.click()
    await expect(page.locator("main .back")).to_be_visible()
    await expect(page.locator("[aria-busy=true]")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_text_stands_out_from_what_is_behind_it(window: Open, scheme: str, picture: Picture):
    page = await window(
        "admin-1", color_scheme=scheme, reduced_motion="reduce", viewport={"width": 1100, "height": 700}
    )
    for route in (*EVERYDAY, *ADMIN):
        await visit(page, route)
        assert await probe(page, "faint") == [], route
    for route in ("/admin/app-tenant-residencies", "/tools/incidents", "/tools/todo"):
        await visit_first(page, route)
        assert await probe(page, "faint") == [], route
    if scheme == "dark":
        await picture(page, "dark")
    await page.get_by_role("button", name="Delete", exact=True).click()
    assert await probe(page, "faint") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_so_it_does_for_who_is_not_signed_in(window: Open, scheme: str):
    page = await window(color_scheme=scheme, reduced_motion="reduce")
    await expect(page.get_by_role("heading", name="Anchor Tenant")).to_be_visible()
    assert await probe(page, "faint") == []
    assert await probe(page, "nameless") == []


async def test_every_control_says_what_it_is(window: Open):
    """Names, labels, one heading of the first level, none skipped, no id twice, targets that a finger hits."""
    page = await window("app-admin-super")
    for route in (*EVERYDAY, *ADMIN, *SITE):
        await visit(page, route)
        assert await probe(page, "nameless") == [], route
        assert await probe(page, "disorder") == [], route
        assert await probe(page, "tiny") == [], route


async def test_landmarks_and_titles_tell_where_one_is(window: Open):
    page = await window("admin-1")
    for role in ("banner", "main", "navigation"):
        await expect(page.get_by_role(role)).to_have_count(1)
    await visit(page, "/tools/incidents")
    await expect(page).to_have_title("Incidents · Tenants")
    await expect(page.get_by_role("heading", level=1)).to_be_focused()
    current = page.locator("nav [aria-current=page]")
    await expect(current).to_have_text("Incidents")


async def test_nothing_reaches_over_the_edge_of_a_phone(window: Open, picture: Picture):
    page = await window("app-admin-super", **PHONE)
    for route in (*EVERYDAY, *ADMIN, *SITE):
        await visit(page, route)
        assert await probe(page, "wide") == [], route
    for route in ("/site-admin/site-users", "/admin/app-tenant-residencies", "/site-admin/tenant"):
        await visit_first(page, route)
        assert await probe(page, "wide") == [], route
    await page.get_by_role("button", name="Subscribe").or_(page.get_by_role("button", name="Support")).first.click()
    assert await probe(page, "wide") == []


async def test_a_phone_has_the_tools_and_a_menu(window: Open, picture: Picture):
    page = await window("user-1a", "/tools/todo", **PHONE, device_scale_factor=1.5)
    await expect(page.get_by_role("navigation")).to_be_hidden()
    menu = page.get_by_role("button", name="Menu")
    await menu.click()
    await expect(menu).to_have_attribute("aria-expanded", "true")
    await page.get_by_role("navigation").get_by_role("link", name="Todo").click()
    await expect(page.get_by_role("navigation")).to_be_hidden()
    await visit_first(page, "/tools/todo")
    await expect(page.get_by_role("checkbox").first).to_be_visible()
    assert await probe(page, "wide") == []
    await picture(page, "phone")


async def test_the_first_stop_of_the_keyboard_skips_to_the_content(window: Open):
    page = await window("user-1a")
    await page.evaluate("document.activeElement.blur()")
    await page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    await expect(skip).to_be_focused()
    await expect(skip).to_be_in_viewport()
    await page.keyboard.press("Enter")
    await expect(page.locator("main")).to_be_focused()


async def tab_to(page: Page, name: str, role: str | None = None) -> None:
    """Go on by Tab until a control of that name has the focus; it must be seen to have it."""
    for _ in range(60):
        await page.keyboard.press("Tab")
        found = await probe(page, "focused")
        if found["name"] == name and role in (None, found["role"]):
            assert found["outlined"], name
            return
    raise AssertionError(f"{name!r} is not reached by the keyboard")


async def test_a_list_is_made_and_worked_on_by_the_keyboard_alone(window: Open):
    page = await window("user-1a")
    await tab_to(page, "Todo")
    await page.keyboard.press("Enter")
    await titled(page, "Todo")
    await tab_to(page, "New list")
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Name")).to_be_focused()
    await page.keyboard.type("By keyboard")
    await page.keyboard.press("Enter")
    await titled(page, "By keyboard")
    await tab_to(page, "New task in By keyboard")
    for task in ("First", "Second"):
        await page.keyboard.type(task)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("checkbox", name=task)).to_be_visible()
        await expect(page.get_by_label("New task in")).to_be_focused()
    await page.evaluate("document.querySelector('h1').focus()")
    await tab_to(page, "First")
    await page.keyboard.press("Space")
    await expect(page.get_by_role("checkbox", name="First")).to_be_checked()
    await expect(page.get_by_role("checkbox", name="First")).to_be_focused()  # though it was drawn anew


async def test_a_dialog_keeps_the_focus_and_escape_gives_it_back(window: Open):
    page = await window("admin-1", "/admin/app-tenant-residencies")
    await page.get_by_role("button", name="Invite").focus()
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Invite somebody")
    await expect(dialog.get_by_label("E-mail address")).to_be_focused()
    for _ in range(8):
        await page.keyboard.press("Tab")
        assert await page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_role("button", name="Invite")).to_be_focused()


async def test_messages_are_read_aloud(window: Open):
    page = await window("user-1a", "/my-profile")
    await expect(page.locator("#messages")).to_have_attribute("aria-live", "polite")
    for name in ("Ulf", "user-1a"):
        await page.get_by_label("Name that others see").fill(name)
        await page.get_by_role("button", name="Save").click()
        await told(page, "Saved.")
        await expect(page.get_by_label("Claims")).to_contain_text(f'"display_name": "{name}"')
    await expect(page.locator("#messages")).not_to_contain_text("licence")  # another name is no other licence
