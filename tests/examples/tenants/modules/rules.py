"""What everybody may call, and what comes of it: a table written by hand, not recorded from a run.

Each call is aimed at something of the first demo tenant. A word says how it goes: `yes`, it shows or changes something
of that tenant or of who is at home there; `own`, it goes well and does nothing of the kind; `none`, refused for another
reason, mostly as if there were no such thing; `no`, not authorized; `never`, not even a call. `looking` is in support
mode, in which nothing may be changed.
"""

PEOPLE = {
    "anon": "",
    "user": "user-1a",
    "admin": "admin-1",
    "user_2": "user-2a",
    "admin_2": "admin-2",
    "support": "app-admin-support",
    "supporting": "helper",
    "looking": "looker",
    "super": "app-admin-super",
    "blocked": "user-1b",
}

RULES = """
                                         anon  user  admin user_2 admin_2 support supporting looking super blocked
app_api.current_profile_claims           never yes   yes   own    own     own     yes        yes     own   yes
app_api.available_modules                never own   own   own    own     own     own        own     own   own
app_api.get_myself                       never yes   yes   own    own     own     own        own     own   yes
app_api.my_profile_residencies           never yes   yes   own    own     own     own        own     own   yes
app_api.update_profile                   never yes   yes   own    own     own     own        own     own   yes
app_api.assume_residency                 never none  none  none   none    none    none       none    none  none
app_api.decline_residency                never none  none  none   none    none    none       none    none  none
app_api.decline_invitation               never none  none  none   none    none    none       none    none  none
app_api.join_address_book                never yes   yes   own    own     own     own        none    own   no
app_api.leave_address_book               never yes   yes   own    own     own     own        none    own   no
app_api.get_ab_listings                  never yes   yes   yes    yes     own     own        own     own   no
app_api.set_in_address_book              never never never never  never   never   never      never   never never
app_api.demo_profile_residencies         yes   yes   yes   yes    yes     yes     yes        yes     yes   yes
app_api.tenant_profile_residencies       never no    yes   no     own     no      yes        yes     own   no
app_api.tenant_licenses                  never no    yes   no     own     no      yes        yes     own   no
app_api.tenant_support_sessions          never no    yes   no     own     no      yes        yes     own   no
app_api.tenant_audit_events              never no    yes   no     own     no      yes        yes     own   no
app_api.invite_user                      never no    yes   no     own     no      yes        none    own   no
app_api.grant_user_license               never no    yes   no     none    no      yes        none    yes   no
app_api.revoke_user_license              never no    yes   no     none    no      yes        none    yes   no
app_api.block_resident                   never no    yes   no     none    no      yes        none    yes   no
app_api.unblock_resident                 never no    yes   no     none    no      yes        none    yes   no
app_api.search_tenants                   never no    no    no     no      yes     yes        yes     yes   no
app_api.search_residents                 never no    no    no     no      yes     yes        yes     yes   no
app_api.search_profiles                  never no    no    no     no      yes     yes        yes     yes   no
app_api.site_user_by_id                  never no    no    no     no      yes     yes        yes     yes   no
app_api.become_support                   never no    no    no     no      yes     none       none    yes   no
app_api.exit_support_mode                never none  none  none   none    none    yes        yes     none  none
app_api.create_tenant                    never no    no    no     no      no      no         no      own   no
app_api.activate_tenant                  never no    no    no     no      no      no         no      yes   no
app_api.deactivate_tenant                never no    no    no     no      no      no         no      yes   no
app_api.subscribe_tenant_to_license_pack never no    no    no     no      no      no         no      yes   no
app_api.deactivate_tenant_subscription   never no    no    no     no      no      no         no      yes   no
app_api.reactivate_tenant_subscription   never no    no    no     no      no      no         no      yes   no
loc_api.create_location                  never yes   yes   own    own     own     yes        none    own   no
loc_api.update_location                  never yes   yes   none   none    none    yes        none    none  no
loc_api.delete_location                  never yes   yes   none   none    none    yes        none    none  no
loc_api.enforce_location                 never never never never  never   never   never      never   never never
msg_api.upsert_topic                     never yes   yes   none   none    none    yes        none    none  no
msg_api.search_topics                    never yes   yes   own    own     own     yes        yes     own   no
msg_api.delete_topic                     never no    yes   no     none    no      yes        none    no    no
msg_api.upsert_message                   never yes   yes   none   none    none    yes        none    none  no
msg_api.delete_message                   never yes   none  none   none    none    none       none    none  no
msg_api.upsert_subscriber                never yes   yes   none   none    none    yes        none    none  no
msg_api.deactivate_subscriber            never yes   yes   none   none    none    yes        none    none  no
todo_api.create_todo                     never yes   yes   none   none    none    yes        none    none  no
todo_api.update_todo                     never yes   yes   none   none    none    yes        none    none  no
todo_api.update_todo_status              never yes   yes   none   none    none    yes        none    none  no
todo_api.delete_todo                     never yes   yes   none   none    none    yes        none    none  no
todo_api.pin_todo                        never yes   yes   none   none    none    yes        none    none  no
todo_api.unpin_todo                      never yes   yes   none   none    none    yes        none    none  no
todo_api.assign_todo                     never yes   yes   none   none    none    yes        none    none  no
todo_api.tenant_residents                never yes   yes   own    own     own     yes        yes     own   no
todo_api.search_todos                    never yes   yes   own    own     own     yes        yes     own   no
todo_api.make_template_from_todo         never no    yes   no     none    no      yes        none    no    no
todo_api.make_todo_from_template         never yes   yes   none   none    none    yes        none    none  no
todo_api.enforce_todo                    never never never never  never   never   never      never   never never
inc_api.create_incident                  never yes   yes   none   none    none    yes        none    none  no
inc_api.update_incident                  never yes   yes   none   none    none    yes        none    none  no
inc_api.update_incident_status           never yes   yes   none   none    none    yes        none    none  no
inc_api.delete_incident                  never no    yes   no     none    none    yes        none    none  no
inc_api.search_incidents                 never yes   yes   own    own     own     yes        yes     own   no
inc_api.templatize_incident              never no    yes   no     none    none    yes        none    none  no
inc_api.clone_incident_template          never yes   yes   none   none    none    yes        none    none  no
inc_api.enforce_incident                 never never never never  never   never   never      never   never never
"""

# The arguments, aimed at the first demo tenant; a function that is not here has none.
ARGUMENTS = {
    "app_api.update_profile": "'me', 'M', 'E'",
    "app_api.assume_residency": "%(resident)s",
    "app_api.decline_residency": "%(resident)s",
    "app_api.decline_invitation": "%(resident)s",
    "app_api.set_in_address_book": "true",
    "app_api.invite_user": "'newcomer@example.com'",
    "app_api.grant_user_license": "%(resident)s, 'incidents-admin'",
    "app_api.revoke_user_license": "%(license)s",
    "app_api.block_resident": "%(resident)s",
    "app_api.unblock_resident": "%(blocked_resident)s",
    "app_api.search_tenants": "null",
    "app_api.search_residents": "null",
    "app_api.search_profiles": "null",
    "app_api.site_user_by_id": "%(profile)s",
    "app_api.become_support": "%(tenant)s, 'ticket 7'",
    "app_api.create_tenant": "'A new tenant'",
    "app_api.activate_tenant": "%(tenant)s",
    "app_api.deactivate_tenant": "%(tenant)s",
    "app_api.subscribe_tenant_to_license_pack": "%(tenant)s, 'extra'",
    "app_api.deactivate_tenant_subscription": "%(subscription)s",
    "app_api.reactivate_tenant_subscription": "%(subscription)s",
    "loc_api.create_location": "row(null, 'Depot', null, null, null, null, null, null, null, null)",
    "loc_api.update_location": "row(%(location)s, 'Depot', null, null, null, null, null, null, null, null)",
    "loc_api.delete_location": "%(location)s",
    "msg_api.upsert_topic": "row(%(topic)s, 'Renamed', null, null, null)",
    "msg_api.delete_topic": "%(topic)s",
    "msg_api.upsert_message": "row(null, %(topic)s, 'hello', null)",
    "msg_api.delete_message": "%(message)s",
    "msg_api.upsert_subscriber": "row(%(topic)s, null)",
    "msg_api.deactivate_subscriber": "%(subscriber)s",
    "todo_api.create_todo": "'A task', row(null, %(todo)s, null, null, null, null)",
    "todo_api.update_todo": "%(todo)s, 'Renamed'",
    "todo_api.update_todo_status": "%(todo)s, 'complete'",
    "todo_api.delete_todo": "%(todo)s",
    "todo_api.pin_todo": "%(todo)s",
    "todo_api.unpin_todo": "%(todo)s",
    "todo_api.assign_todo": "%(todo)s, %(resident)s",
    "todo_api.make_template_from_todo": "%(todo)s",
    "todo_api.make_todo_from_template": "%(template)s",
    "todo_api.enforce_todo": "%(todo)s",
    "inc_api.create_incident": "row('Flat tyre', null, null, null, false,"
    " row(%(location)s, null, null, null, null, null, null, null, null, null)::loc_fn.location_info)",
    "inc_api.update_incident": "%(incident)s, 'Renamed'",
    "inc_api.update_incident_status": "%(incident)s, 'closed'",
    "inc_api.delete_incident": "%(incident)s",
    "inc_api.templatize_incident": "%(incident)s",
    "inc_api.clone_incident_template": "%(incident_template)s",
    "inc_api.enforce_incident": "%(incident)s",
}

# What a token must say for a call to go well: all of these, and nothing else.
GATES = {
    "loc_api.create_location": {"p:todo"},
    "loc_api.update_location": {"p:incidents"},
    "loc_api.delete_location": {"p:incidents"},
    "msg_api.upsert_topic": {"p:discussions"},
    "msg_api.search_topics": {"p:discussions"},
    "msg_api.delete_topic": {"p:discussions", "p:discussions-admin"},
    "msg_api.upsert_message": {"p:discussions"},
    "msg_api.delete_message": {"p:discussions"},
    "msg_api.upsert_subscriber": {"p:discussions"},
    "msg_api.deactivate_subscriber": {"p:discussions"},
    "todo_api.create_todo": {"p:todo"},
    "todo_api.update_todo": {"p:todo"},
    "todo_api.update_todo_status": {"p:todo"},
    "todo_api.delete_todo": {"p:todo"},
    "todo_api.pin_todo": {"p:todo"},
    "todo_api.unpin_todo": {"p:todo"},
    "todo_api.assign_todo": {"p:todo"},
    "todo_api.tenant_residents": {"p:todo"},
    "todo_api.search_todos": {"p:todo"},
    "todo_api.make_template_from_todo": {"p:todo", "p:todo-admin"},
    "todo_api.make_todo_from_template": {"p:todo"},
    "inc_api.create_incident": {"p:incidents"},
    "inc_api.update_incident": {"p:incidents"},
    "inc_api.update_incident_status": {"p:incidents"},
    "inc_api.delete_incident": {"p:incidents", "p:incidents-admin"},
    "inc_api.search_incidents": {"p:incidents"},
    "inc_api.templatize_incident": {"p:incidents", "p:incidents-admin"},
    "inc_api.clone_incident_template": {"p:incidents"},
}

# Whose author alone may do it.
OF_THE_AUTHOR = {"msg_api.delete_message", "msg_api.deactivate_subscriber"}


def table() -> dict[str, dict[str, str]]:
    """RULES by function and person."""
    head, *lines = [line.split() for line in RULES.strip().splitlines()]
    return {function: dict(zip(head, words, strict=True)) for function, *words in lines}


def call(function: str) -> str:
    """The statement; its rows as JSON."""
    return f"select to_jsonb(answer) from {function}({ARGUMENTS.get(function, '')}) as answer"
