-- What is done to todos (todo_fn), and what a client may call (todo_api).

create type todo_fn.create_todo_options as (
    description text,
    parent_todo_id uuid,
    tags text[],
    is_template boolean,
    location loc_fn.location_info,
    resident_id uuid
);
comment on column todo_fn.create_todo_options.resident_id is '@omit'; -- todo_api says who

create type todo_fn.search_todos_options as (
    search_term text,
    todo_type todo.todo_type,
    todo_status todo.todo_status,
    roots_only boolean,
    is_template boolean,
    paging_options app_fn.paging_options
);

-- todo_fn ---------------------------------------------------------------------------------------------------------------

-- Residents are for admins to see: three of these run as their owner, and say what others of the tenant may know.
create function todo_fn.ensure_todo_resident(_resident_id uuid) returns todo.todo_resident
language plpgsql volatile security definer set search_path = ''
as $$
declare
    _todo_resident todo.todo_resident;
begin
    insert into todo.todo_resident (resident_id, tenant_id, display_name)
    select r.id, r.tenant_id, r.display_name from app.resident r where r.id = _resident_id
    on conflict (resident_id) do nothing;
    select * into _todo_resident from todo.todo_resident t where t.resident_id = _resident_id;
    if _todo_resident.resident_id is null then
        raise exception '30004: NO SUCH RESIDENT';
    end if;
    return _todo_resident;
end $$;

create function todo_fn.tenant_residents(_tenant_id uuid) returns setof todo.todo_resident
language sql stable security definer set search_path = ''
as $$
    select r.id, r.tenant_id, r.display_name
    from app.resident r
    where r.tenant_id = _tenant_id and r.type <> 'support'
        and r.status in ('invited', 'active', 'inactive', 'supporting')
    order by r.display_name, r.id
$$;

create function todo_fn.handle_update_profile() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
    update todo.todo_resident t set display_name = new.display_name where t.resident_id = new.id;
    return null;
end $$;
create trigger todo_on_app_profile_updated after update of display_name on app.resident
    for each row when (new.display_name is distinct from old.display_name)
    execute function todo_fn.handle_update_profile();

-- A todo that is about to be changed. Changes of a tree go one after the other.
create function todo_fn.locked_todo(_todo_id uuid) returns todo.todo
language plpgsql volatile set search_path = ''
as $$
declare
    _todo todo.todo;
begin
    perform from todo.todo r
    where r.id = (select t.root_todo_id from todo.todo t where t.id = _todo_id)
    for no key update;
    select * into _todo from todo.todo t where t.id = _todo_id;
    if _todo.id is null then
        raise exception '30030: NO TODO FOR ID';
    end if;
    return _todo;
end $$;

create function todo_fn.enforce_name(_name text) returns void
language plpgsql immutable set search_path = ''
as $$
begin
    if coalesce(length(btrim(_name)), 0) < 3 then
        raise exception '30028: TODO NAME MUST BE AT LEAST 3 CHARACTERS';
    end if;
end $$;

create function todo_fn.create_todo(_name text, _options todo_fn.create_todo_options) returns todo.todo
language plpgsql volatile set search_path = ''
as $$
declare
    _todo_resident todo.todo_resident := todo_fn.ensure_todo_resident(_options.resident_id);
    _id uuid := gen_random_uuid();
    _topic msg.topic;
    _parent todo.todo;
    _todo todo.todo;
begin
    perform todo_fn.enforce_name(_name);
    if _options.parent_todo_id is not null then
        _parent := todo_fn.locked_todo(_options.parent_todo_id);
        if _parent.tenant_id <> _todo_resident.tenant_id then
            raise exception '30030: NO TODO FOR ID';
        end if;
    end if;
    _topic := msg_fn.upsert_topic(row(null, _name || ' topic', null, null, null)::msg_fn.topic_info,
        _todo_resident.tenant_id);
    insert into todo.todo (id, tenant_id, resident_id, topic_id, location_id, name, description, tags, parent_todo_id,
        root_todo_id, is_template, ordinal)
    values (_id, _todo_resident.tenant_id, _todo_resident.resident_id, _topic.id,
        loc_fn.resolve_location(_options.location, _name, _todo_resident.tenant_id, _todo_resident.resident_id),
        _name, _options.description, coalesce(_options.tags, '{}'), _parent.id, coalesce(_parent.root_todo_id, _id),
        coalesce(_parent.is_template, _options.is_template, false),
        case when _parent.id is null then 0
            else (select coalesce(max(t.ordinal), 0) + 1 from todo.todo t where t.parent_todo_id = _parent.id) end)
    returning * into _todo;
    if _parent.id is not null then
        update todo.todo t set type = 'milestone' where t.id = _parent.id and t.type <> 'milestone';
        perform todo_fn.roll_up(_todo);
    end if;
    return _todo;
end $$;

create function todo_fn.update_todo(_todo_id uuid, _name text, _description text default null) returns todo.todo
language plpgsql volatile set search_path = ''
as $$
declare
    _todo todo.todo;
begin
    perform todo_fn.enforce_name(_name);
    update todo.todo t set name = _name, description = _description, updated_at = now()
    where t.id = _todo_id
    returning * into _todo;
    if _todo.id is null then
        raise exception '30030: NO TODO FOR ID';
    end if;
    return _todo;
end $$;

-- What a todo's status says of those above it: one that is not done leaves none of them done; the last of its siblings
-- to be done does its parent.
create function todo_fn.roll_up(_todo todo.todo) returns void
language plpgsql volatile set search_path = ''
as $$
declare
    _parent_id uuid := _todo.parent_todo_id;
begin
    while _parent_id is not null and not _todo.is_template loop
        exit when _todo.status not in ('complete', 'incomplete') or (_todo.status = 'complete' and exists (
            select from todo.todo t where t.parent_todo_id = _parent_id and t.status = 'incomplete'
        ));
        update todo.todo t set status = _todo.status, updated_at = now()
        where t.id = _parent_id
        returning t.parent_todo_id into _parent_id;
    end loop;
end $$;

create function todo_fn.update_todo_status(_todo_id uuid, _status todo.todo_status) returns todo.todo
language plpgsql volatile set search_path = ''
as $$
declare
    _todo todo.todo := todo_fn.locked_todo(_todo_id);
begin
    if _todo.is_template then
        raise exception '30029: CANNOT UPDATE STATUS FOR TEMPLATE TODO';
    end if;
    update todo.todo t set status = _status, updated_at = now() where t.id = _todo_id returning * into _todo;
    perform todo_fn.roll_up(_todo);
    return _todo;
end $$;

-- With all that is below it, and their topics. Who loses the last child is a task again.
create function todo_fn.delete_todo(_todo_id uuid) returns boolean
language plpgsql volatile set search_path = ''
as $$
declare
    _todo todo.todo := todo_fn.locked_todo(_todo_id);
    _topic_ids uuid[];
begin
    with recursive tree as (
        select _todo.id
        union all
        select t.id from tree join todo.todo t on t.parent_todo_id = tree.id
    ), deleted as (
        delete from todo.todo t using tree where t.id = tree.id returning t.topic_id
    )
    select array_agg(topic_id) into _topic_ids from deleted;
    perform msg_fn.delete_topic(topic_id) from unnest(_topic_ids) as topic_id;
    update todo.todo t set type = 'task'
    where t.id = _todo.parent_todo_id
        and not exists (select from todo.todo c where c.parent_todo_id = _todo.parent_todo_id);
    return true;
exception when foreign_key_violation then
    raise exception '30044: THE TODO IS STILL IN USE';
end $$;

create function todo_fn.set_pinned(_todo_id uuid, _pinned boolean) returns todo.todo
language plpgsql volatile set search_path = ''
as $$
declare
    _todo todo.todo;
begin
    update todo.todo t set pinned = _pinned where t.id = _todo_id returning * into _todo;
    if _todo.id is null then
        raise exception '30030: NO TODO FOR ID';
    end if;
    return _todo;
end $$;

create function todo_fn.pin_todo(_todo_id uuid) returns todo.todo
language sql volatile set search_path = ''
as $$ select todo_fn.set_pinned(_todo_id, true) $$;

create function todo_fn.unpin_todo(_todo_id uuid) returns todo.todo
language sql volatile set search_path = ''
as $$ select todo_fn.set_pinned(_todo_id, false) $$;

-- To somebody of the todo's tenant; to nobody, where `_resident_id` is null.
create function todo_fn.assign_todo(_todo_id uuid, _resident_id uuid) returns todo.todo
language plpgsql volatile set search_path = ''
as $$
declare
    _todo todo.todo := todo_fn.locked_todo(_todo_id);
begin
    if _resident_id is not null then
        if _resident_id not in (select r.resident_id from todo_fn.tenant_residents(_todo.tenant_id) r) then
            raise exception '30004: NO SUCH RESIDENT';
        end if;
        perform todo_fn.ensure_todo_resident(_resident_id);
    end if;
    update todo.todo t set resident_id = _resident_id, updated_at = now() where t.id = _todo_id returning * into _todo;
    return _todo;
end $$;

create function todo_fn.search_todos(_options todo_fn.search_todos_options, _tenant_id uuid) returns setof todo.todo
language sql stable set search_path = ''
as $$
    select t.*
    from todo.todo t
    where t.tenant_id = _tenant_id
        and t.is_template = coalesce(_options.is_template, false)
        and t.type = coalesce(_options.todo_type, t.type)
        and t.status = coalesce(_options.todo_status, t.status)
        and (t.parent_todo_id is null or not coalesce(_options.roots_only, false))
        and position(lower(coalesce(_options.search_term, ''))
            in lower(concat_ws(' ', t.name, t.description, array_to_string(t.tags, ' ')))) > 0
    order by t.pinned desc, t.created_at desc, t.ordinal, t.id
    limit least(coalesce((_options.paging_options).item_limit, 100), 1000)
    offset coalesce((_options.paging_options).item_offset, 0)
$$;

-- A tree again: names, descriptions, tags, places and order; not what was done of it, or by whom.
create function todo_fn.deep_copy_todo(
    _resident_id uuid, _todo_id uuid, _is_template boolean, _parent_todo_id uuid default null
) returns todo.todo
language plpgsql volatile set search_path = ''
as $$
declare
    _source record;
    _options todo_fn.create_todo_options;
    _copy todo.todo;
    _root todo.todo;
    _copies jsonb := '{}';
begin
    for _source in
        with recursive tree as (
            select t.*, 0 as depth from todo.todo t where t.id = _todo_id
            union all
            select t.*, tree.depth + 1 from tree join todo.todo t on t.parent_todo_id = tree.id
        )
        select * from tree order by depth, parent_todo_id, ordinal, created_at, id
    loop
        _options := row(_source.description, coalesce((_copies ->> _source.parent_todo_id::text)::uuid, _parent_todo_id),
            _source.tags, _is_template, null, _resident_id);
        _options.location.id := _source.location_id;
        _copy := todo_fn.create_todo(_source.name, _options);
        _copies := _copies || jsonb_build_object(_source.id, _copy.id);
        if _source.id = _todo_id then
            _root := _copy;
        end if;
    end loop;
    if _root.id is null then
        raise exception '30030: NO TODO FOR ID';
    end if;
    select * into _root from todo.todo t where t.id = _root.id;
    return _root;
end $$;

create function todo_fn.make_template_from_todo(_todo_id uuid, _resident_id uuid) returns todo.todo
language sql volatile set search_path = ''
as $$ select todo_fn.deep_copy_todo(_resident_id, _todo_id, true) $$;

create function todo_fn.make_todo_from_template(_todo_id uuid, _resident_id uuid) returns todo.todo
language plpgsql volatile set search_path = ''
as $$
begin
    if not coalesce((select t.is_template from todo.todo t where t.id = _todo_id), true) then
        raise exception '30043: THE TODO IS NO TEMPLATE';
    end if;
    return todo_fn.deep_copy_todo(_resident_id, _todo_id, false);
end $$;

-- todo_api --------------------------------------------------------------------------------------------------------------

-- Whoever changes a template must be one who may make some. Not a client's to call.
create function todo_api.enforce_todo(_todo_id uuid) returns void
language plpgsql stable security definer set search_path = ''
as $$
begin
    perform auth_ext.enforce_permission('p:todo');
    if exists (select from todo.todo t where t.id = _todo_id and t.is_template) then
        perform auth_ext.enforce_permission('p:todo-admin');
    end if;
end $$;

create function todo_api.create_todo(_name text, _options todo_fn.create_todo_options default null) returns todo.todo
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform todo_api.enforce_todo(_options.parent_todo_id);
    if _options.is_template then
        perform auth_ext.enforce_permission('p:todo-admin');
    end if;
    _options.resident_id := auth_ext.resident_id();
    return todo_fn.create_todo(_name, _options);
end $$;

create function todo_api.update_todo(_todo_id uuid, _name text, _description text default null) returns todo.todo
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform todo_api.enforce_todo(_todo_id);
    return todo_fn.update_todo(_todo_id, _name, _description);
end $$;

create function todo_api.update_todo_status(_todo_id uuid, _status todo.todo_status) returns todo.todo
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform auth_ext.enforce_permission('p:todo');
    return todo_fn.update_todo_status(_todo_id, _status);
end $$;

create function todo_api.delete_todo(_todo_id uuid) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform todo_api.enforce_todo(_todo_id);
    return todo_fn.delete_todo(_todo_id);
end $$;

create function todo_api.pin_todo(_todo_id uuid) returns todo.todo
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform todo_api.enforce_todo(_todo_id);
    return todo_fn.pin_todo(_todo_id);
end $$;

create function todo_api.unpin_todo(_todo_id uuid) returns todo.todo
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform todo_api.enforce_todo(_todo_id);
    return todo_fn.unpin_todo(_todo_id);
end $$;

create function todo_api.assign_todo(_todo_id uuid, _resident_id uuid) returns todo.todo
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform todo_api.enforce_todo(_todo_id);
    return todo_fn.assign_todo(_todo_id, _resident_id);
end $$;

-- Whom a todo may be assigned to.
create function todo_api.tenant_residents() returns setof todo.todo_resident
language plpgsql stable security definer set search_path = ''
as $$
begin
    perform auth_ext.enforce_permission('p:todo');
    return query select * from todo_fn.tenant_residents(auth_ext.tenant_id());
end $$;

create function todo_api.search_todos(_options todo_fn.search_todos_options default null) returns setof todo.todo
language plpgsql stable security definer set search_path = ''
as $$
begin
    perform auth_ext.enforce_permission('p:todo');
    return query select * from todo_fn.search_todos(_options, auth_ext.tenant_id());
end $$;

create function todo_api.make_template_from_todo(_todo_id uuid) returns todo.todo
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform auth_ext.enforce_permission('p:todo');
    perform auth_ext.enforce_permission('p:todo-admin');
    return todo_fn.make_template_from_todo(_todo_id, auth_ext.resident_id());
end $$;

create function todo_api.make_todo_from_template(_todo_id uuid) returns todo.todo
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform auth_ext.enforce_permission('p:todo');
    return todo_fn.make_todo_from_template(_todo_id, auth_ext.resident_id());
end $$;
