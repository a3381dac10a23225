"""Templates: trees of todos that admins make, and everybody copies."""

from .conftest import Row, Site

TREE = """
with recursive tree as (
    select t.*, array[t.ordinal] as place from todo.todo t where t.id = %s
    union all
    select t.*, tree.place || t.ordinal from tree join todo.todo t on t.parent_todo_id = tree.id
)
select name, description, type::text, status::text, tags, is_template from tree order by place
"""
IS_TEMPLATE = "select todo_api.create_todo('A template', row(null, null, null, true, null, null))"
DENIED = "30000: NOT AUTHORIZED"


def tree(site: Site, id: str) -> list[Row]:
    return site.rows("admin-1", TREE, id)


def test_a_template_is_the_whole_tree_without_what_was_done(site: Site) -> None:
    project = site.todo("Neighborhood cleanup")
    template = site.ask("admin-1", "select (todo_api.make_template_from_todo(%s)).id", project)
    before, after = tree(site, project), tree(site, template)
    assert len(before) == 8
    assert [(row[0], row[1], row[2], row[4]) for row in after] == [(row[0], row[1], row[2], row[4]) for row in before]
    assert {(row[3], row[5]) for row in after} == {("incomplete", True)}
    assert "complete" in {row[3] for row in before}


def test_a_copy_of_a_template_is_no_template(site: Site) -> None:
    template = site.todo("Neighborhood cleanup", template=True)
    copy = site.rows(
        "user-1a", "select id, resident_id::text, root_todo_id from todo_api.make_todo_from_template(%s)", template
    )
    id, resident, root = copy[0]
    assert (resident, root) == (site.resident("user-1a"), id)
    assert {row[5] for row in tree(site, id)} == {False}
    assert [row[0] for row in tree(site, id)] == [row[0] for row in tree(site, template)]
    assert [row[4] for row in tree(site, id)] == [row[4] for row in tree(site, template)]


def test_a_copy_has_topics_of_its_own_and_the_same_places(site: Site) -> None:
    text = (
        "select (todo_api.create_todo('At the fountain', row(null, null, null, null, row(null, 'Fountain', null, null,"
    )
    text += " null, null, null, null, null, null), null))).id"
    project = site.ask("admin-1", text)
    template = site.ask("admin-1", "select (todo_api.make_template_from_todo(%s)).id", project)
    facts = "select topic_id, location_id from todo.todo where id = %s"
    (one, here), (two, there) = (site.rows("admin-1", facts, id)[0] for id in (project, template))
    assert one != two
    assert here == there is not None


def test_children_of_a_template_are_templates(site: Site) -> None:
    template = site.todo("Neighborhood cleanup", template=True)
    text = "select is_template from todo_api.create_todo('More', row(null, %s, null, false, null, null))"
    assert site.ask("admin-1", text, template) is True


def test_a_template_has_no_status(site: Site) -> None:
    template = site.todo("Gloves", template=True)
    for who in ("admin-1", "user-1a"):
        refusal = site.refused(who, "select todo_api.update_todo_status(%s, 'complete')", template)
        assert refusal == "30029: CANNOT UPDATE STATUS FOR TEMPLATE TODO"


def test_what_is_no_template_is_not_copied_as_one(site: Site) -> None:
    text = "select todo_api.make_todo_from_template(%s)"
    assert site.refused("user-1a", text, site.todo("Get supplies")) == "30043: THE TODO IS NO TEMPLATE"


def test_templates_are_made_and_changed_by_admins_alone(site: Site) -> None:
    template = site.todo("Gloves", template=True)
    child = "select todo_api.create_todo('More', row(null, %s, null, null, null, null))"
    change = (IS_TEMPLATE, child, "select todo_api.update_todo(%s, 'Mittens')", "select todo_api.pin_todo(%s)",
        "select todo_api.unpin_todo(%s)", "select todo_api.assign_todo(%s, null)",
        "select todo_api.make_template_from_todo(%s)", "select todo_api.delete_todo(%s)")  # fmt: skip
    for text in change:
        values = [template] * text.count("%s")
        assert site.refused("user-1a", text, *values) == DENIED, text
        assert site.refused("admin-1", text, *values, without={"p:todo-admin"}) == DENIED, text
        site.ask("admin-1", text, *values)


def test_nor_past_the_functions(site: Site) -> None:
    """As the role that the API's functions run as, with a user's token: as if one of them had a hole."""
    template = site.todo("Gloves", template=True)
    site.become(site.token("user-1a") | {"role": "tenancy_api"})
    assert site.session.execute("update todo.todo set name = 'Mittens' where id = %s", (template,)).rowcount == 0
    assert site.session.execute("delete from todo.todo where id = %s", (template,)).rowcount == 0
