-- Incidents: what happened where, with a tree of todos and a topic of its own. Templates are copied.

create schema inc;
create schema inc_fn;
create schema inc_api;

create type inc.incident_status as enum ('open', 'closed', 'pending', 'deleted');

-- `identifier` is for callers who may report twice: once for a tenant, for incidents and for templates.
create table inc.incident (
    id uuid primary key default gen_random_uuid(),
    tenant_id uuid not null references app.tenant on delete cascade,
    todo_id uuid not null,
    topic_id uuid not null,
    location_id uuid,
    created_by_resident_id uuid,
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default current_timestamp,
    name text not null check (length(btrim(name)) >= 3),
    description text,
    identifier text,
    status inc.incident_status not null default 'open',
    tags text[] not null default '{}',
    is_template boolean not null default false,
    unique (tenant_id, is_template, identifier),
    constraint incident_todo_fkey foreign key (todo_id, tenant_id) references todo.todo (id, tenant_id),
    constraint incident_topic_fkey foreign key (topic_id, tenant_id) references msg.topic (id, tenant_id),
    constraint incident_location_fkey foreign key (location_id, tenant_id) references loc.location (id, tenant_id),
    constraint incident_created_by_fkey foreign key (created_by_resident_id, tenant_id)
        references todo.todo_resident (resident_id, tenant_id) on delete set null (created_by_resident_id)
);
create index on inc.incident (todo_id);
create index on inc.incident (topic_id);
create index on inc.incident (location_id);
create index on inc.incident (created_by_resident_id);

-- Names for GraphQL: an incident's `todo`, `topic`, `location`, `createdByResident`.
comment on constraint incident_todo_fkey on inc.incident is E'@fieldName todo\n@foreignFieldName incidents';
comment on constraint incident_topic_fkey on inc.incident is E'@fieldName topic\n@foreignFieldName incidents';
comment on constraint incident_location_fkey on inc.incident is E'@fieldName location\n@foreignFieldName incidents';
comment on constraint incident_created_by_fkey on inc.incident is
    E'@fieldName createdByResident\n@foreignFieldName createdIncidents';
comment on constraint incident_tenant_id_is_template_identifier_key on inc.incident is '@omit';

alter table inc.incident enable row level security;
create policy "of one's tenant" on inc.incident for select to authenticated, tenancy_api
    using (tenant_id = (select auth_ext.tenant_id()) and (select auth_ext.has_permission('p:incidents')));
create policy "reported in one's tenant" on inc.incident for insert to tenancy_api
    with check (
        tenant_id = (select auth_ext.tenant_id()) and (select auth_ext.has_permission('p:incidents'))
        and (not is_template or (select auth_ext.has_permission('p:incidents-admin')))
    );
create policy "changed in one's tenant" on inc.incident for update to tenancy_api
    using (
        tenant_id = (select auth_ext.tenant_id()) and (select auth_ext.has_permission('p:incidents'))
        and (not is_template or (select auth_ext.has_permission('p:incidents-admin')))
    );
create policy "removed by admins" on inc.incident for delete to tenancy_api
    using (tenant_id = (select auth_ext.tenant_id()) and (select auth_ext.has_permission('p:incidents-admin')));

create type inc_fn.incident_info as (
    name text,
    description text,
    identifier text,
    tags text[],
    is_template boolean,
    location loc_fn.location_info
);
create type inc_fn.search_incidents_options as (
    search_term text,
    incident_status inc.incident_status,
    is_template boolean,
    paging_options app_fn.paging_options
);

-- inc_fn ----------------------------------------------------------------------------------------------------------------

create function inc_fn.enforce_name(_name text) returns void
language plpgsql immutable set search_path = ''
as $$
begin
    if coalesce(length(btrim(_name)), 0) < 3 then
        raise exception '30061: INCIDENT NAME MUST BE AT LEAST 3 CHARACTERS';
    end if;
end $$;

-- An incident with a todo that is there already, or with a new one.
create function inc_fn.insert_incident(
    _incident_info inc_fn.incident_info, _resident_id uuid, _todo_id uuid default null
) returns inc.incident
language plpgsql volatile set search_path = ''
as $$
declare
    _resident todo.todo_resident := todo_fn.ensure_todo_resident(_resident_id);
    _is_template boolean := coalesce(_incident_info.is_template, false);
    _topic msg.topic;
    _incident inc.incident;
begin
    perform inc_fn.enforce_name(_incident_info.name);
    _topic := msg_fn.upsert_topic(row(null, _incident_info.name || ' topic', null, null, null)::msg_fn.topic_info,
        _resident.tenant_id);
    _todo_id := coalesce(_todo_id, (todo_fn.create_todo(_incident_info.name, row(_incident_info.description, null,
        _incident_info.tags, _is_template, null, _resident_id)::todo_fn.create_todo_options)).id);
    insert into inc.incident (tenant_id, todo_id, topic_id, location_id, created_by_resident_id, name, description,
        identifier, tags, is_template)
    values (_resident.tenant_id, _todo_id, _topic.id,
        loc_fn.resolve_location(_incident_info.location, _incident_info.name, _resident.tenant_id, _resident_id),
        _resident_id, _incident_info.name, _incident_info.description, _incident_info.identifier,
        coalesce(_incident_info.tags, '{}'), _is_template)
    returning * into _incident;
    return _incident;
end $$;

-- The same identifier again is the same incident: what is there is given back.
create function inc_fn.create_incident(_incident_info inc_fn.incident_info, _resident_id uuid) returns inc.incident
language plpgsql volatile set search_path = ''
as $$
declare
    _tenant_id uuid := (todo_fn.ensure_todo_resident(_resident_id)).tenant_id;
    _incident inc.incident;
begin
    if _incident_info.identifier is not null then
        perform pg_advisory_xact_lock(
            hashtextextended(concat_ws(' ', 'inc.incident', _tenant_id, _incident_info.identifier), 0));
        select * into _incident from inc.incident i
        where i.tenant_id = _tenant_id and i.identifier = _incident_info.identifier
            and i.is_template = coalesce(_incident_info.is_template, false);
        if _incident.id is not null then
            return _incident;
        end if;
    end if;
    return inc_fn.insert_incident(_incident_info, _resident_id);
end $$;

create function inc_fn.update_incident(_incident_id uuid, _name text, _description text default null)
returns inc.incident
language plpgsql volatile set search_path = ''
as $$
declare
    _incident inc.incident;
begin
    perform inc_fn.enforce_name(_name);
    update inc.incident i set name = _name, description = _description, updated_at = now()
    where i.id = _incident_id
    returning * into _incident;
    if _incident.id is null then
        raise exception '30060: NO INCIDENT FOR ID';
    end if;
    return _incident;
end $$;

create function inc_fn.update_incident_status(_incident_id uuid, _status inc.incident_status) returns inc.incident
language plpgsql volatile set search_path = ''
as $$
declare
    _incident inc.incident;
begin
    update inc.incident i set status = _status, updated_at = now()
    where i.id = _incident_id and not i.is_template
    returning * into _incident;
    if _incident.id is null then
        raise exception '30060: NO INCIDENT FOR ID';
    end if;
    return _incident;
end $$;

-- With its todos, its topic, and the place where nothing else is.
create function inc_fn.delete_incident(_incident_id uuid) returns boolean
language plpgsql volatile set search_path = ''
as $$
declare
    _incident inc.incident;
begin
    delete from inc.incident i where i.id = _incident_id returning * into _incident;
    if _incident.id is null then
        raise exception '30060: NO INCIDENT FOR ID';
    end if;
    perform todo_fn.delete_todo(_incident.todo_id);
    perform msg_fn.delete_topic(_incident.topic_id);
    delete from loc.location l
    where l.id = _incident.location_id
        and not exists (select from inc.incident i where i.location_id = l.id)
        and not exists (select from todo.todo t where t.location_id = l.id);
    return true;
end $$;

create function inc_fn.search_incidents(_options inc_fn.search_incidents_options, _tenant_id uuid)
returns setof inc.incident
language sql stable set search_path = ''
as $$
    select i.*
    from inc.incident i
    where i.tenant_id = _tenant_id
        and i.is_template = coalesce(_options.is_template, false)
        and i.status = coalesce(_options.incident_status, i.status)
        and position(lower(coalesce(_options.search_term, '')) in lower(concat_ws(' ', i.name, i.description,
            i.identifier, array_to_string(i.tags, ' ')))) > 0
    order by i.created_at desc, i.id
    limit least(coalesce((_options.paging_options).item_limit, 100), 1000)
    offset coalesce((_options.paging_options).item_offset, 0)
$$;

-- The copy has a tree and a topic of its own, the same place, and no identifier.
create function inc_fn.copy_incident(_incident_id uuid, _resident_id uuid, _is_template boolean, _prefix text)
returns inc.incident
language plpgsql volatile set search_path = ''
as $$
declare
    _source inc.incident;
    _info inc_fn.incident_info;
begin
    select * into _source from inc.incident i where i.id = _incident_id;
    if _source.id is null then
        raise exception '30060: NO INCIDENT FOR ID';
    end if;
    _info := row(_prefix || _source.name, _source.description, null, _source.tags, _is_template, null);
    _info.location.id := _source.location_id;
    return inc_fn.insert_incident(_info, _resident_id,
        (todo_fn.deep_copy_todo(_resident_id, _source.todo_id, _is_template)).id);
end $$;

create function inc_fn.templatize_incident(_incident_id uuid, _resident_id uuid) returns inc.incident
language sql volatile set search_path = ''
as $$ select inc_fn.copy_incident(_incident_id, _resident_id, true, 'TEMPLATE: ') $$;

create function inc_fn.clone_incident_template(_incident_id uuid, _resident_id uuid) returns inc.incident
language plpgsql volatile set search_path = ''
as $$
begin
    if not coalesce((select i.is_template from inc.incident i where i.id = _incident_id), true) then
        raise exception '30062: THE INCIDENT IS NO TEMPLATE';
    end if;
    return inc_fn.copy_incident(_incident_id, _resident_id, false, 'CLONE FROM: ');
end $$;

-- inc_api ---------------------------------------------------------------------------------------------------------------

-- Whoever changes a template must be one who may make some. Not a client's to call.
create function inc_api.enforce_incident(_incident_id uuid) returns void
language plpgsql stable security definer set search_path = ''
as $$
begin
    perform auth_ext.enforce_permission('p:incidents');
    if exists (select from inc.incident i where i.id = _incident_id and i.is_template) then
        perform auth_ext.enforce_permission('p:incidents-admin');
    end if;
end $$;

create function inc_api.create_incident(_incident_info inc_fn.incident_info) returns inc.incident
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform auth_ext.enforce_permission('p:incidents');
    if _incident_info.is_template then
        perform auth_ext.enforce_permission('p:incidents-admin');
    end if;
    return inc_fn.create_incident(_incident_info, auth_ext.resident_id());
end $$;

create function inc_api.update_incident(_incident_id uuid, _name text, _description text default null)
returns inc.incident
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform inc_api.enforce_incident(_incident_id);
    return inc_fn.update_incident(_incident_id, _name, _description);
end $$;

create function inc_api.update_incident_status(_incident_id uuid, _status inc.incident_status) returns inc.incident
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform inc_api.enforce_incident(_incident_id);
    return inc_fn.update_incident_status(_incident_id, _status);
end $$;

create function inc_api.delete_incident(_incident_id uuid) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform auth_ext.enforce_permission('p:incidents');
    perform auth_ext.enforce_permission('p:incidents-admin');
    return inc_fn.delete_incident(_incident_id);
end $$;

create function inc_api.search_incidents(_options inc_fn.search_incidents_options default null)
returns setof inc.incident
language plpgsql stable security definer set search_path = ''
as $$
begin
    perform auth_ext.enforce_permission('p:incidents');
    return query select * from inc_fn.search_incidents(_options, auth_ext.tenant_id());
end $$;

create function inc_api.templatize_incident(_incident_id uuid) returns inc.incident
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform auth_ext.enforce_permission('p:incidents');
    perform auth_ext.enforce_permission('p:incidents-admin');
    return inc_fn.templatize_incident(_incident_id, auth_ext.resident_id());
end $$;

create function inc_api.clone_incident_template(_incident_id uuid) returns inc.incident
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform auth_ext.enforce_permission('p:incidents');
    return inc_fn.clone_incident_template(_incident_id, auth_ext.resident_id());
end $$;
