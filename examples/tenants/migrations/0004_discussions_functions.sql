-- What is done to discussions (msg_fn), and what a client may call (msg_api).

create type msg_fn.topic_info as (id uuid, name text, identifier text, status msg.topic_status, tags text[]);
create type msg_fn.message_info as (id uuid, topic_id uuid, content text, tags text[]);
create type msg_fn.subscriber_info as (topic_id uuid, msg_resident_id uuid);
create type msg_fn.search_topics_options as (
    search_term text,
    topic_status msg.topic_status,
    paging_options app_fn.paging_options
);

-- msg_fn ----------------------------------------------------------------------------------------------------------------

-- Two of these run as their owner: residents are for admins to see, and a person's name changes in every tenant.
create function msg_fn.ensure_msg_resident(_resident_id uuid) returns msg.msg_resident
language plpgsql volatile security definer set search_path = ''
as $$
declare
    _msg_resident msg.msg_resident;
begin
    insert into msg.msg_resident (resident_id, tenant_id, display_name)
    select r.id, r.tenant_id, r.display_name from app.resident r where r.id = _resident_id
    on conflict (resident_id) do nothing;
    select * into _msg_resident from msg.msg_resident m where m.resident_id = _resident_id;
    if _msg_resident.resident_id is null then
        raise exception '30004: NO SUCH RESIDENT';
    end if;
    return _msg_resident;
end $$;

create function msg_fn.handle_update_profile() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
    update msg.msg_resident m set display_name = new.display_name where m.resident_id = new.id;
    return null;
end $$;
create trigger msg_on_app_profile_updated after update of display_name on app.resident
    for each row when (new.display_name is distinct from old.display_name)
    execute function msg_fn.handle_update_profile();

create function msg_fn.upsert_topic(_topic_info msg_fn.topic_info, _tenant_id uuid) returns msg.topic
language plpgsql volatile set search_path = ''
as $$
declare
    _topic msg.topic;
begin
    if coalesce(btrim(_topic_info.name), case when _topic_info.id is null then '' else 'as it is' end) = '' then
        raise exception '30057: A TOPIC NEEDS A NAME';
    end if;
    if _topic_info.id is null then
        insert into msg.topic as t (tenant_id, name, identifier, status, tags)
        values (_tenant_id, _topic_info.name, _topic_info.identifier, coalesce(_topic_info.status, 'open'),
            coalesce(_topic_info.tags, '{}'))
        on conflict (tenant_id, identifier) do update set name = excluded.name,
            status = coalesce(_topic_info.status, t.status), tags = coalesce(_topic_info.tags, t.tags)
        returning * into _topic;
        return _topic;
    end if;
    update msg.topic t set name = coalesce(_topic_info.name, t.name), status = coalesce(_topic_info.status, t.status),
        identifier = coalesce(_topic_info.identifier, t.identifier), tags = coalesce(_topic_info.tags, t.tags)
    where t.id = _topic_info.id and t.tenant_id = _tenant_id
    returning * into _topic;
    if _topic.id is null then
        raise exception '30050: NO TOPIC FOR ID';
    end if;
    return _topic;
end $$;

-- A topic that may be written to now. It stays so until the transaction ends.
create function msg_fn.open_topic(_topic_id uuid, _tenant_id uuid, _moderates boolean) returns msg.topic
language plpgsql volatile set search_path = ''
as $$
declare
    _topic msg.topic;
begin
    select * into _topic from msg.topic t where t.id = _topic_id and t.tenant_id = _tenant_id for share;
    if _topic.id is null then
        raise exception '30050: NO TOPIC FOR ID';
    end if;
    if _topic.status = 'closed' or (_topic.status = 'locked' and not _moderates) then
        raise exception '30051: THE TOPIC IS %', upper(_topic.status::text) using errcode = '42501';
    end if;
    return _topic;
end $$;

-- A message that its author may change now.
create function msg_fn.own_message(_message_id uuid, _resident_id uuid, _moderates boolean) returns msg.message
language plpgsql volatile set search_path = ''
as $$
declare
    _message msg.message;
begin
    select * into _message from msg.message m where m.id = _message_id and m.status <> 'deleted';
    if _message.id is null then
        raise exception '30052: NO MESSAGE FOR ID';
    end if;
    if _message.posted_by_msg_resident_id <> _resident_id then
        raise exception '30053: ONLY ITS AUTHOR CHANGES A MESSAGE' using errcode = '42501';
    end if;
    perform msg_fn.open_topic(_message.topic_id, _message.tenant_id, _moderates);
    return _message;
end $$;

-- A new message, whose author follows the topic from then on; or, with an id, other words for one's own.
create function msg_fn.upsert_message(
    _message_info msg_fn.message_info, _resident_id uuid, _moderates boolean default false
) returns msg.message
language plpgsql volatile set search_path = ''
as $$
declare
    _msg_resident msg.msg_resident := msg_fn.ensure_msg_resident(_resident_id);
    _message msg.message;
begin
    if coalesce(btrim(_message_info.content), '') = '' then
        raise exception '30054: A MESSAGE NEEDS CONTENT';
    end if;
    if _message_info.id is not null then
        _message := msg_fn.own_message(_message_info.id, _resident_id, _moderates);
        update msg.message m set content = _message_info.content, tags = coalesce(_message_info.tags, m.tags),
            updated_at = now()
        where m.id = _message.id
        returning * into _message;
        return _message;
    end if;
    perform msg_fn.open_topic(_message_info.topic_id, _msg_resident.tenant_id, _moderates);
    perform msg_fn.upsert_subscriber(row(_message_info.topic_id, _resident_id)::msg_fn.subscriber_info);
    insert into msg.message (tenant_id, topic_id, content, tags, posted_by_msg_resident_id)
    values (_msg_resident.tenant_id, _message_info.topic_id, _message_info.content,
        coalesce(_message_info.tags, '{}'), _resident_id)
    returning * into _message;
    return _message;
end $$;

-- Its place stays, its words go.
create function msg_fn.delete_message(_message_id uuid, _resident_id uuid, _moderates boolean default false)
returns msg.message
language plpgsql volatile set search_path = ''
as $$
declare
    _message msg.message := msg_fn.own_message(_message_id, _resident_id, _moderates);
begin
    update msg.message m set status = 'deleted', content = '', tags = '{}', updated_at = now()
    where m.id = _message.id
    returning * into _message;
    return _message;
end $$;

create function msg_fn.upsert_subscriber(_subscriber_info msg_fn.subscriber_info) returns msg.subscriber
language plpgsql volatile set search_path = ''
as $$
declare
    _tenant_id uuid := (select t.tenant_id from msg.topic t where t.id = _subscriber_info.topic_id);
    _msg_resident msg.msg_resident;
    _subscriber msg.subscriber;
begin
    if _tenant_id is null then
        raise exception '30050: NO TOPIC FOR ID';
    end if;
    _msg_resident := msg_fn.ensure_msg_resident(_subscriber_info.msg_resident_id);
    if _msg_resident.tenant_id <> _tenant_id then
        raise exception '30004: NO SUCH RESIDENT';
    end if;
    insert into msg.subscriber as s (tenant_id, topic_id, msg_resident_id)
    values (_msg_resident.tenant_id, _subscriber_info.topic_id, _msg_resident.resident_id)
    on conflict (topic_id, msg_resident_id) do update
        set status = case s.status when 'blocked' then s.status else 'active' end
    returning * into _subscriber;
    return _subscriber;
end $$;

-- `_resident_id` null: whoever's it is.
create function msg_fn.deactivate_subscriber(_subscriber_id uuid, _resident_id uuid) returns msg.subscriber
language plpgsql volatile set search_path = ''
as $$
declare
    _subscriber msg.subscriber;
begin
    update msg.subscriber s set status = 'inactive'
    where s.id = _subscriber_id and s.msg_resident_id = coalesce(_resident_id, s.msg_resident_id)
        and s.status <> 'blocked'
    returning * into _subscriber;
    if _subscriber.id is null then
        raise exception '30055: NO SUBSCRIBER FOR ID';
    end if;
    return _subscriber;
end $$;

create function msg_fn.delete_topic(_topic_id uuid) returns boolean
language plpgsql volatile set search_path = ''
as $$
begin
    delete from msg.topic t where t.id = _topic_id;
    if not found then
        raise exception '30050: NO TOPIC FOR ID';
    end if;
    return true;
exception when foreign_key_violation then
    raise exception '30056: THE TOPIC IS STILL IN USE';
end $$;

-- What is talked about, the latest first: topics that somebody follows. Nobody follows most of those that come with todos
-- and incidents; whoever says something does.
create function msg_fn.search_topics(_options msg_fn.search_topics_options, _tenant_id uuid) returns setof msg.topic
language sql stable set search_path = ''
as $$
    select t.*
    from msg.topic t
    where t.tenant_id = _tenant_id
        and t.status = coalesce(_options.topic_status, t.status)
        and exists (select from msg.subscriber s where s.topic_id = t.id)
        and position(lower(coalesce(_options.search_term, ''))
            in lower(concat_ws(' ', t.name, array_to_string(t.tags, ' ')))) > 0
    order by greatest(t.created_at, (select max(m.created_at) from msg.message m where m.topic_id = t.id)) desc, t.id
    limit least(coalesce((_options.paging_options).item_limit, 100), 1000)
    offset coalesce((_options.paging_options).item_offset, 0)
$$;

-- Whoever listens to the topic hears that there is something; what it is he reads himself.
create function msg_fn.tell_topic() returns trigger
language plpgsql volatile set search_path = ''
as $$
begin
    perform pg_notify('topic:' || new.topic_id || ':message', json_build_object(
        'event', case when tg_op = 'INSERT' then 'create' when new.status = 'deleted' then 'delete' else 'update' end,
        'subject', new.topic_id, 'id', new.id)::text);
    return null;
end $$;
create trigger tell_topic after insert or update on msg.message
    for each row execute function msg_fn.tell_topic();

-- msg_api ---------------------------------------------------------------------------------------------------------------

-- Whoever begins a topic follows it. Whoever says a status, opens, locks or closes: that takes p:discussions-admin.
create function msg_api.upsert_topic(_topic_info msg_fn.topic_info) returns msg.topic
language plpgsql volatile security definer set search_path = ''
as $$
declare
    _topic msg.topic;
begin
    perform auth_ext.enforce_permission('p:discussions');
    if _topic_info.status is not null then
        perform auth_ext.enforce_permission('p:discussions-admin');
    end if;
    _topic := msg_fn.upsert_topic(_topic_info, auth_ext.tenant_id());
    if _topic_info.id is null then
        perform msg_fn.upsert_subscriber(row(_topic.id, auth_ext.resident_id())::msg_fn.subscriber_info);
    end if;
    return _topic;
end $$;

create function msg_api.search_topics(_options msg_fn.search_topics_options default null) returns setof msg.topic
language plpgsql stable security definer set search_path = ''
as $$
begin
    perform auth_ext.enforce_permission('p:discussions');
    return query select * from msg_fn.search_topics(_options, auth_ext.tenant_id());
end $$;

create function msg_api.upsert_message(_message_info msg_fn.message_info) returns msg.message
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform auth_ext.enforce_permission('p:discussions');
    return msg_fn.upsert_message(_message_info, auth_ext.resident_id(), auth_ext.has_permission('p:discussions-admin'));
end $$;

create function msg_api.delete_message(_message_id uuid) returns msg.message
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform auth_ext.enforce_permission('p:discussions');
    return msg_fn.delete_message(_message_id, auth_ext.resident_id(), auth_ext.has_permission('p:discussions-admin'));
end $$;

-- Without a resident: oneself.
create function msg_api.upsert_subscriber(_subscriber_info msg_fn.subscriber_info) returns msg.subscriber
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform auth_ext.enforce_permission('p:discussions');
    _subscriber_info.msg_resident_id := coalesce(_subscriber_info.msg_resident_id, auth_ext.resident_id());
    return msg_fn.upsert_subscriber(_subscriber_info);
end $$;

-- One's own subscription; with p:discussions-admin anybody's.
create function msg_api.deactivate_subscriber(_subscriber_id uuid) returns msg.subscriber
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform auth_ext.enforce_permission('p:discussions');
    return msg_fn.deactivate_subscriber(_subscriber_id,
        case when not auth_ext.has_permission('p:discussions-admin') then auth_ext.resident_id() end);
end $$;

create function msg_api.delete_topic(_topic_id uuid) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform auth_ext.enforce_permission('p:discussions');
    perform auth_ext.enforce_permission('p:discussions-admin');
    return msg_fn.delete_topic(_topic_id);
end $$;
