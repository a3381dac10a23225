"""To-do lists: trees that are made, done, assigned, searched and deleted."""

import json

import pytest

from .conftest import Site

CREATE = "select (todo_api.create_todo(%s, row(%s, %s, %s, false, null, null)::todo_fn.create_todo_options)).id"


def create(site: Site, who: str, name: str, parent: str | None = None, tags: list[str] | None = None) -> str:
    return str(site.ask(who, CREATE, name, "as said", parent, tags))


def tree(site: Site, who: str = "user-1a") -> tuple[str, str, list[str]]:
    """A project with one milestone of two tasks."""
    root = create(site, who, "Project")
    milestone = create(site, who, "Milestone", root)
    return root, milestone, [create(site, who, name, milestone) for name in ("Task one", "Task two")]


def status(site: Site, *ids: str) -> list[str]:
    return [site.owner("select status::text from todo.todo where id = %s", id) for id in ids]


def test_a_todo_is_of_whoever_makes_it_and_of_his_tenant(site: Site) -> None:
    id = create(site, "user-1a", "Sweep the yard", tags=["yard"])
    text = "select resident_id::text, parent_todo_id, root_todo_id::text, type::text, status::text, ordinal, tags"
    row = site.rows("user-1a", text + " from todo.todo where id = %s", id)
    assert row == [(site.resident("user-1a"), None, id, "task", "incomplete", 0, ["yard"])]
    assert site.rows("admin-1", "select id from todo.todo where id = %s", id)
    assert not site.rows("user-2a", "select id from todo.todo where id = %s", id)


def test_it_has_a_topic_of_its_own(site: Site) -> None:
    id = create(site, "user-1a", "Sweep the yard")
    text = "select c.name, c.status::text from todo.todo d join msg.topic c on c.id = d.topic_id where d.id = %s"
    assert site.rows("user-1a", text, id) == [("Sweep the yard topic", "open")]


def test_whose_it_is_cannot_be_said(site: Site) -> None:
    text = "select (todo_api.create_todo('Not mine', row(null, null, null, null, null, %s))).resident_id::text"
    assert site.ask("user-1a", text, site.resident("admin-1")) == site.resident("user-1a")


def test_a_todo_without_options(site: Site) -> None:
    assert site.ask("user-1a", "select (todo_api.create_todo('Just a name')).name") == "Just a name"


@pytest.mark.parametrize("name", ["ab", "  a  ", "", None])
def test_a_name_has_three_characters(site: Site, name: str | None) -> None:
    assert site.refused("user-1a", CREATE, name, None, None, None) == "30028: TODO NAME MUST BE AT LEAST 3 CHARACTERS"
    id = create(site, "user-1a", "A name")
    assert site.refused("user-1a", "select todo_api.update_todo(%s, %s)", id, name).startswith("30028: ")


def test_children_are_numbered_and_make_a_milestone(site: Site) -> None:
    root, milestone, (one, two) = tree(site)
    text = "select parent_todo_id::text, root_todo_id::text, type::text, ordinal from todo.todo where id = any(%s)"
    assert sorted(site.rows("user-1a", text + " order by ordinal", [milestone, one, two]), key=str) == sorted(
        [(root, root, "milestone", 1), (milestone, root, "task", 1), (milestone, root, "task", 2)], key=str
    )
    assert site.ask("user-1a", "select type::text from todo.todo where id = %s", root) == "milestone"


def test_ordinals_do_not_come_twice(site: Site) -> None:
    _, milestone, (one, _) = tree(site)
    site.ask("user-1a", "select todo_api.delete_todo(%s)", one)
    three = create(site, "user-1a", "Task three", milestone)
    assert site.ask("user-1a", "select ordinal from todo.todo where id = %s", three) == 3


def test_the_last_child_to_be_done_does_what_is_above(site: Site) -> None:
    root, milestone, (one, two) = tree(site)
    done = "select (todo_api.update_todo_status(%s, 'complete')).status::text"
    assert site.ask("user-1a", done, one) == "complete"
    assert status(site, root, milestone, one, two) == ["incomplete", "incomplete", "complete", "incomplete"]
    site.ask("user-1a", done, two)
    assert status(site, root, milestone, one, two) == ["complete"] * 4


def test_one_that_is_not_done_leaves_nothing_above_done(site: Site) -> None:
    root, milestone, (one, two) = tree(site)
    for id in (one, two):
        site.ask("user-1a", "select todo_api.update_todo_status(%s, 'complete')", id)
    site.ask("admin-1", "select todo_api.update_todo_status(%s, 'incomplete')", one)
    assert status(site, root, milestone, one, two) == ["incomplete", "incomplete", "incomplete", "complete"]
    site.ask("admin-1", "select todo_api.update_todo_status(%s, 'complete')", one)
    create(site, "user-1a", "Task three", milestone)
    assert status(site, root, milestone) == ["incomplete", "incomplete"]


def test_what_is_archived_holds_nobody_up(site: Site) -> None:
    root, milestone, (one, two) = tree(site)
    site.ask("user-1a", "select todo_api.update_todo_status(%s, 'archived')", one)
    assert status(site, root, milestone) == ["incomplete", "incomplete"]
    site.ask("user-1a", "select todo_api.update_todo_status(%s, 'complete')", two)
    assert status(site, root, milestone, one) == ["complete", "complete", "archived"]


def test_an_update_says_all_of_it(site: Site) -> None:
    id = create(site, "user-1a", "Sweep the yard")
    text = "select name, description from todo_api.update_todo(%s, %s, %s)"
    assert site.rows("admin-1", text, id, "Rake the yard", "And the lawn") == [("Rake the yard", "And the lawn")]
    text = "select name, description from todo_api.update_todo(%s, %s)"
    assert site.rows("user-1a", text, id, "Rake it") == [("Rake it", None)]


def test_deleting_takes_what_is_below_and_the_topics(site: Site) -> None:
    root, milestone, tasks = tree(site)
    ids = [milestone, *tasks]
    topics = site.owner("select array_agg(topic_id) from todo.todo where id = any(%s::uuid[])", ids)
    say = "select msg_api.upsert_message(row(null, %s, 'hello', null)::msg_fn.message_info)"
    site.ask("user-1a", say, topics[0])
    assert site.ask("user-1a", "select todo_api.delete_todo(%s)", milestone) is True
    assert site.owner("select count(*) from todo.todo where id = any(%s::uuid[])", ids) == 0
    assert site.owner("select count(*) from msg.topic where id = any(%s)", topics) == 0
    assert site.owner("select count(*) from msg.message where topic_id = any(%s)", topics) == 0
    assert site.owner("select type::text from todo.todo where id = %s", root) == "task"


def test_pinned_ones_come_first(site: Site) -> None:
    first, last = create(site, "user-1a", "Alpha"), create(site, "user-1a", "Omega")
    assert site.ask("user-1a", "select (todo_api.pin_todo(%s)).pinned", first) is True
    found = [row[0] for row in site.rows("user-1a", "select id::text from todo_api.search_todos()")]
    assert found.index(first) < found.index(last)
    assert site.ask("user-1a", "select (todo_api.unpin_todo(%s)).pinned", first) is False


@pytest.mark.parametrize("function", ["pin_todo(%s)", "unpin_todo(%s)", "delete_todo(%s)", "update_todo(%s, 'name')",
    "update_todo_status(%s, 'complete')", "assign_todo(%s, null)", "make_todo_from_template(%s)"])  # fmt: skip
def test_what_is_not_there_is_said_to_be(site: Site, function: str) -> None:
    text = f"select todo_api.{function}"
    assert site.refused("user-1a", text, "00000000-0000-4000-8000-000000000000") == "30030: NO TODO FOR ID"
    if "template" not in function:
        assert site.refused("user-1a", text, site.todo("Get supplies", "demo-tenant-2")) == "30030: NO TODO FOR ID"


# Whose it is ---------------------------------------------------------------------------------------------------------


def test_it_is_assigned_to_a_colleague_whom_nobody_has_seen_here(site: Site) -> None:
    id, colleague = create(site, "user-1a", "Sweep the yard"), site.resident("user-1b")
    assert not site.owner("select exists (select from todo.todo_resident where resident_id = %s)", colleague)
    assert str(site.ask("user-1a", "select (todo_api.assign_todo(%s, %s)).resident_id", id, colleague)) == colleague
    text = "select r.display_name from todo.todo d join todo.todo_resident r using (resident_id) where d.id = %s"
    assert site.ask("user-1a", text, id) == "user-1b"
    assert site.ask("user-1a", "select (todo_api.assign_todo(%s, null)).resident_id", id) is None


def test_it_is_not_assigned_to_somebody_of_another_tenant(site: Site) -> None:
    id = create(site, "user-1a", "Sweep the yard")
    assign = "select todo_api.assign_todo(%s, %s)"
    for stranger in (site.resident("user-2a"), "00000000-0000-4000-8000-000000000000"):
        assert site.refused("user-1a", assign, id, stranger) == "30004: NO SUCH RESIDENT"
    guest = site.resident("consultant", "demo-tenant-2")
    assert site.refused("user-1a", assign, id, guest) == "30004: NO SUCH RESIDENT"
    assert not site.owner("select exists (select from todo.todo_resident where resident_id = %s)", guest)


def test_nor_to_somebody_who_is_blocked(site: Site) -> None:
    id, blocked = create(site, "user-1a", "Sweep the yard"), site.resident("user-1b")
    site.ask("admin-1", "select app_api.block_resident(%s)", blocked)
    assert site.refused("user-1a", "select todo_api.assign_todo(%s, %s)", id, blocked) == "30004: NO SUCH RESIDENT"


def test_everybody_sees_whom_he_may_assign_it_to(site: Site) -> None:
    names = [row[0] for row in site.rows("user-1a", "select display_name from todo_api.tenant_residents()")]
    assert names == ["admin-1", "consultant", "user-1a", "user-1b"]


def test_a_new_name_is_shown_everywhere(site: Site) -> None:
    create(site, "user-1a", "Sweep the yard")
    site.ask("user-1a", "select app_api.update_profile('Ulf the Great', 'Ulf', 'One')")
    shown = "select display_name from {} where resident_id = %s"
    for table in ("todo.todo_resident", "msg.msg_resident"):
        assert site.ask("admin-1", shown.format(table), site.resident("user-1a")) == "Ulf the Great"


# Search --------------------------------------------------------------------------------------------------------------


def search(site: Site, **options: object) -> list[str]:
    text = (
        "select name from todo_api.search_todos(jsonb_populate_record(null::todo_fn.search_todos_options, %s::jsonb))"
    )
    return [row[0] for row in site.rows("user-1a", text, json.dumps(options))]


def test_searching(site: Site) -> None:
    assert search(site, search_term="GLOVES") == ["Gloves"]
    assert search(site, search_term="rain or shine") == ["Neighborhood cleanup"]
    assert sorted(search(site, search_term="phone")) == ["Call city for permission", "Call trash company"]
    assert search(site, search_term="100%") == []
    assert search(site, todo_status="complete") == ["Gloves"]
    assert set(search(site, todo_type="milestone")) >= {"Get supplies", "Schedule dumpster", "Neighborhood cleanup"}
    assert "Gloves" not in search(site, roots_only=True)
    assert search(site, roots_only=True, is_template=True, search_term="cleanup") == ["Neighborhood cleanup"]
    assert len(search(site, paging_options={"item_limit": 2})) == 2
    assert search(site, paging_options={"item_offset": 1000}) == []
