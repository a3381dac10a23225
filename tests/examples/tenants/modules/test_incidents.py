"""Incidents: reported once, with todos, a topic and a place; templates of them; and places by themselves."""

import pytest

from .conftest import Row, Site

INFO = "row(%s, %s, %s, %s, %s, null)::inc_fn.incident_info"
CREATE = f"select id::text from inc_api.create_incident({INFO})"
NOWHERE = "00000000-0000-4000-8000-000000000000"
NONE = "30060: NO INCIDENT FOR ID"
PLACE = "row(%s, %s, %s, null, null, null, null, null, null, null)::loc_fn.location_info"


def report(site: Site, who: str, name: str = "Flat tyre", identifier: str | None = None) -> str:
    return site.ask(who, CREATE, name, "as said", identifier, ["road"], False)


def facts(site: Site, id: str) -> Row:
    text = "select name, description, identifier, status::text, tags, is_template from inc.incident where id = %s"
    return site.rows("admin-1", text, id)[0]


def test_an_incident_has_a_todo_a_topic_and_a_reporter(site: Site) -> None:
    id = report(site, "user-1a")
    assert facts(site, id) == ("Flat tyre", "as said", None, "open", ["road"], False)
    text = (
        "select d.name, d.description, c.name, i.created_by_resident_id::text, d.topic_id <> c.id from inc.incident i"
        " join todo.todo d on d.id = i.todo_id join msg.topic c on c.id = i.topic_id where i.id = %s"
    )
    said = ("Flat tyre", "as said", "Flat tyre topic", site.resident("user-1a"), True)
    assert site.rows("user-1b", text, id) == [said]
    assert site.rows("user-2a", "select id from inc.incident where id = %s", id) == []


def test_the_same_identifier_is_the_same_incident(site: Site) -> None:
    counts = "select (select count(*) from todo.todo), (select count(*) from msg.topic)"
    id = report(site, "user-1a", identifier="nonce-1")
    site.session.execute("reset role")
    before = site.session.execute(counts).fetchone()
    assert report(site, "user-1b", "Flat tyre!", "nonce-1") == id
    site.session.execute("reset role")
    assert site.session.execute(counts).fetchone() == before
    assert facts(site, id)[0] == "Flat tyre"
    assert report(site, "user-2a", "Flat tyre", "nonce-1") != id
    assert site.ask("admin-1", CREATE, "Flat tyre", None, "nonce-1", None, True) != id


@pytest.mark.parametrize("name", ["ab", "  a ", None])
def test_a_name_has_three_characters(site: Site, name: str | None) -> None:
    said = "30061: INCIDENT NAME MUST BE AT LEAST 3 CHARACTERS"
    assert site.refused("user-1a", CREATE, name, None, None, None, None) == said
    assert site.refused("user-1a", "select inc_api.update_incident(%s, %s)", site.incident("lamp"), name) == said


def test_it_is_renamed_and_goes_on(site: Site) -> None:
    id = report(site, "user-1a")
    site.ask("user-1b", "select inc_api.update_incident(%s, 'Two flat tyres')", id)
    for status in ("pending", "closed", "deleted", "open"):
        text = "select (inc_api.update_incident_status(%s, %s)).status::text"
        assert site.ask("user-1b", text, id, status) == status
    assert facts(site, id)[:4] == ("Two flat tyres", None, None, "open")


def test_deleting_takes_its_todos_topics_and_place(site: Site) -> None:
    id = site.incident("fountain")
    mine = "select todo_id, topic_id, location_id from inc.incident where id = %s"
    todo, topic, place = site.rows("admin-1", mine, id)[0]
    site.owner("update inc.incident set location_id = null where is_template returning id")
    assert site.refused("user-1a", "select inc_api.delete_incident(%s)", id) == "30000: NOT AUTHORIZED"
    assert site.ask("admin-1", "select inc_api.delete_incident(%s)", id) is True
    assert site.owner("select count(*) from todo.todo where root_todo_id = %s", todo) == 0
    assert site.owner("select count(*) from msg.topic where id = %s", topic) == 0
    assert site.owner("select count(*) from loc.location where id = %s", place) == 0
    assert site.refused("admin-1", "select inc_api.delete_incident(%s)", id) == NONE


def test_a_place_where_something_else_is_stays(site: Site) -> None:
    id = site.incident("fountain")
    place = site.owner("select location_id from inc.incident where id = %s", id)
    site.ask("admin-1", "select inc_api.delete_incident(%s)", id)
    assert site.owner("select count(*) from loc.location where id = %s", place) == 1


def test_the_todo_of_an_incident_stays_with_it(site: Site) -> None:
    todo = site.owner("select todo_id from inc.incident where id = %s", site.incident("fountain"))
    assert site.refused("admin-1", "select todo_api.delete_todo(%s)", todo) == "30044: THE TODO IS STILL IN USE"
    assert site.owner("select count(*) from todo.todo where root_todo_id = %s", todo) == 3


def test_searching(site: Site) -> None:
    def found(term: str | None, status: str | None = None, template: bool | None = None) -> list[str]:
        text = "select name from inc_api.search_incidents(row(%s, %s, %s, null)::inc_fn.search_incidents_options)"
        return [row[0] for row in site.rows("user-1a", text, term, status, template)]

    assert sorted(found(None)) == ["Broken lamp in the park", "Trash pickup at the fountain"]
    assert found("OVERFLOWING") == found("fountain") == found("trash") == ["Trash pickup at the fountain"]
    assert found(None, "pending") == ["Broken lamp in the park"]
    assert found(None, "closed") == []
    assert found(None, None, True) == ["TEMPLATE: Trash pickup at the fountain"]


# Templates -----------------------------------------------------------------------------------------------------------


def test_a_template_is_a_copy_and_so_is_what_is_made_of_it(site: Site) -> None:
    tasks = "select array_agg(name order by name) from todo.todo where parent_todo_id ="
    tasks += " (select todo_id from inc.incident where id = %s) and is_template = %s"
    template = site.ask("admin-1", "select id from inc_api.templatize_incident(%s)", site.incident("fountain"))
    name = "Trash pickup at the fountain"
    said = (f"TEMPLATE: {name}", "Bins are overflowing since Friday", None, "open", ["trash"], True)
    assert facts(site, template) == said
    assert site.owner(tasks, template, True) == ["Take photographs", "Tell the city"]
    clone = site.ask("user-1b", "select id from inc_api.clone_incident_template(%s)", template)
    assert facts(site, clone) == (f"CLONE FROM: {said[0]}", *said[1:5], False)
    assert site.owner(tasks, clone, False) == ["Take photographs", "Tell the city"]
    text = "select count(distinct todo_id), count(distinct topic_id), count(distinct location_id) from inc.incident"
    ids = [site.incident("fountain"), str(template), str(clone)]
    assert site.rows("admin-1", text + " where id = any(%s::uuid[])", ids) == [(3, 3, 1)]


def test_what_is_no_template_is_not_cloned(site: Site) -> None:
    text = "select inc_api.clone_incident_template(%s)"
    assert site.refused("user-1a", text, site.incident("lamp")) == "30062: THE INCIDENT IS NO TEMPLATE"


def test_templates_are_made_and_changed_by_admins_alone(site: Site) -> None:
    template = site.incident(None)
    change = (
        "select inc_api.update_incident(%s, 'Better')",
        "select inc_api.templatize_incident(%s)",
        "select inc_api.create_incident(row('A template', null, null, null, true, null))",
    )
    for text in change:
        values = [template] * text.count("%s")
        assert site.refused("user-1a", text, *values) == "30000: NOT AUTHORIZED", text
        refusal = site.refused("admin-1", text, *values, without={"p:incidents-admin"})
        assert refusal == "30000: NOT AUTHORIZED", text
        site.ask("admin-1", text, *values)
    assert site.refused("admin-1", "select inc_api.update_incident_status(%s, 'closed')", template) == NONE


@pytest.mark.parametrize("function", ["update_incident(%s, 'name')", "update_incident_status(%s, 'closed')",
    "delete_incident(%s)", "templatize_incident(%s)", "clone_incident_template(%s)"])  # fmt: skip
def test_what_is_not_there_is_said_to_be(site: Site, function: str) -> None:
    for id in (NOWHERE, site.incident("lamp", "demo-tenant-2")):
        assert site.refused("admin-1", f"select inc_api.{function}", id) == NONE


# Places --------------------------------------------------------------------------------------------------------------


def test_an_incident_somewhere_new_or_where_one_knows(site: Site) -> None:
    text = f"select id, location_id from inc_api.create_incident(row('Flat tyre', null, null, null, null, {PLACE}))"
    _, place = site.rows("user-1a", text, None, "Main Street", "1")[0]
    shown = "select name, address1, resident_id::text from loc.location where id = %s"
    assert site.rows("user-1b", shown, place) == [("Main Street", "1", site.resident("user-1a"))]
    assert site.rows("user-1a", text, place, None, None)[0][1] == place
    assert site.rows("user-1a", text, None, None, None)[0][1] is None
    elsewhere = "select location_id from inc.incident where id = %s"
    for id in (NOWHERE, site.owner(elsewhere, site.incident("lamp", "demo-tenant-2"))):
        assert site.refused("user-1a", text, id, None, None) == "30042: NO LOCATION FOR ID"


def test_a_place_without_a_name_is_called_after_what_is_there(site: Site) -> None:
    text = (
        "select (todo_api.create_todo('Dig a hole', row(null, null, null, null, row(null, null, null, null, null, null,"
    )
    place = site.ask("user-1a", text + " null, null, '47.6', '-122.3'), null))).location_id")
    assert site.ask("user-1a", "select name from loc.location where id = %s", place) == "Dig a hole location"


def test_places_by_themselves(site: Site) -> None:
    place = site.ask("user-1a", f"select id from loc_api.create_location({PLACE})", None, "Depot", "7 Long Road")
    row = site.rows("user-1b", f"select name, address1 from loc_api.update_location({PLACE})", place, "The depot", None)
    assert row == [("The depot", None)]
    assert site.ask("user-1b", "select loc_api.delete_location(%s)", place) is True
    update = f"select loc_api.update_location({PLACE})"
    assert site.refused("user-1a", update, None, "Depot", None) == "30041: LOCATION ID REQUIRED FOR UPDATE"
    assert site.refused("user-1a", update, place, "Depot", None) == "30042: NO LOCATION FOR ID"
    assert site.refused("user-1a", "select loc_api.delete_location(%s)", place) == "30042: NO LOCATION FOR ID"


def test_a_place_where_something_is_cannot_go(site: Site) -> None:
    place = site.owner("select location_id from inc.incident where id = %s", site.incident("lamp"))
    refusal = site.refused("admin-1", "select loc_api.delete_location(%s)", place)
    assert refusal == "30045: THE LOCATION IS STILL IN USE"
