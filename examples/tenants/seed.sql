-- A site to look around in: who is who stands in README.md. Everybody's password is demo-password (for which the hash
-- below is), and magic links arrive in the inbox.

-- People, with confirmed addresses.

insert into auth.users (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, raw_app_meta_data,
    raw_user_meta_data, created_at, updated_at)
select '00000000-0000-0000-0000-000000000000', ('10000000-0000-4000-8000-0000000000' || number)::uuid, 'authenticated',
    'authenticated', name || '@example.com', '$2b$10$xvvgItesj7zmOVwQ8XiFpefSxKECPRXsJmNvhjeSQ2kSf12WglUPC', now(),
    '{"provider": "email", "providers": ["email"]}', '{}', now(), now()
from (values
    ('01', 'app-admin-super'), ('02', 'app-admin-support'),
    ('11', 'admin-1'), ('12', 'user-1a'), ('13', 'user-1b'),
    ('21', 'admin-2'), ('22', 'user-2a'), ('23', 'user-2b'),
    ('31', 'admin-3'), ('32', 'user-3a'),
    ('41', 'consultant')
) as people (number, name);

insert into auth.identities (user_id, provider_id, provider, identity_data, created_at, updated_at)
select id, id::text, 'email', jsonb_build_object('sub', id, 'email', email, 'email_verified', true), now(), now()
from auth.users;

-- Where they reside. Consultant is at home in the first tenant, and a guest of the second.

select app_fn.create_anchor_tenant('Anchor Tenant', 'app-admin-super@example.com');
select app_fn.invite_user(id, 'app-admin-support@example.com', 'support') from app.tenant where type = 'anchor';
select app_fn.create_tenant('Demo Tenant 1', 'demo-tenant-1', 'admin-1@example.com', 'demo');
select app_fn.create_tenant('Demo Tenant 2', 'demo-tenant-2', 'admin-2@example.com', 'demo');
select app_fn.create_tenant('Demo Tenant 3', 'demo-tenant-3', 'admin-3@example.com', 'demo');
select app_fn.invite_user(t.id, invited.name || '@example.com', 'user')
from (values
    ('demo-tenant-1', 'user-1a'), ('demo-tenant-1', 'user-1b'), ('demo-tenant-1', 'consultant'),
    ('demo-tenant-2', 'user-2a'), ('demo-tenant-2', 'user-2b'), ('demo-tenant-2', 'consultant'),
    ('demo-tenant-3', 'user-3a')
) as invited (identifier, name)
join app.tenant t using (identifier);
select app_fn.assume_residency(id, profile_id) from app.resident where type = 'home' order by email;

-- Who stands in the address book.

select app_fn.update_profile(p.id, p.display_name, names.first_name, names.last_name, names.phone)
from (values
    ('app-admin-super', 'Sam', 'Site', '+1 206 555 0101'), ('admin-1', 'Ada', 'One', '+1 206 555 0111'),
    ('user-1a', 'Ulf', 'One', '+1 206 555 0112'), ('admin-2', 'Abe', 'Two', '+1 206 555 0121'),
    ('user-2a', 'Una', 'Two', '+1 206 555 0122'), ('consultant', 'Connie', 'Sultant', '+1 206 555 0141')
) as names (name, first_name, last_name, phone)
join app.profile p on p.email = names.name || '@example.com';
update app.profile set is_public = true where first_name is not null and email <> 'app-admin-super@example.com';

insert into app.app_settings (key, application_key, display_name, value) values
    ('demo', 'base', 'Anybody may see whom he can sign in as', 'on'),
    ('support-email', 'base', 'Address of residents in support mode', 'site-support@example.com'),
    ('support-display-name', 'base', 'Name of residents in support mode', 'Site Support');

-- What a tenant works on: the same in each, by its own people.

do $$
declare
    _tenant app.tenant;
    _admin uuid;
    _user uuid;
    _project todo.todo;
    _milestone todo.todo;
    _topic msg.topic;
    _incident inc.incident;
    _place loc_fn.location_info;
    _name text;
begin
    for _tenant in select * from app.tenant where type = 'demo' order by name loop
        select id into _admin from app.resident where tenant_id = _tenant.id and email like 'admin-%';
        select id into _user from app.resident where tenant_id = _tenant.id and email like 'user-_a@%';

        -- Todos: a project in two milestones, one of them half done; and a template of it.
        _project := todo_fn.create_todo('Neighborhood cleanup',
            row('Saturday, rain or shine', null, array['outdoors'], false, null, _admin)::todo_fn.create_todo_options);
        _milestone := todo_fn.create_todo('Get supplies',
            row(null, _project.id, '{}', false, null, _user)::todo_fn.create_todo_options);
        foreach _name in array array['Trash bags', 'Gloves', 'Beverages'] loop
            perform todo_fn.create_todo(_name,
                row(null, _milestone.id, '{}', false, null, _user)::todo_fn.create_todo_options);
        end loop;
        perform todo_fn.update_todo_status(id, 'complete') from todo.todo
        where parent_todo_id = _milestone.id and name = 'Gloves';
        _milestone := todo_fn.create_todo('Schedule dumpster',
            row(null, _project.id, '{}', false, null, _admin)::todo_fn.create_todo_options);
        foreach _name in array array['Call trash company', 'Call city for permission'] loop
            perform todo_fn.create_todo(_name,
                row(null, _milestone.id, array['phone'], false, null, _admin)::todo_fn.create_todo_options);
        end loop;
        perform todo_fn.make_template_from_todo(_project.id, _admin);
        perform todo_fn.pin_todo(_project.id);

        -- Discussions: one that goes on, one that is over.
        _topic := msg_fn.upsert_topic(
            row(null, 'Where to meet', 'where-to-meet', 'open', array['cleanup'])::msg_fn.topic_info, _tenant.id);
        perform msg_fn.upsert_message(
            row(null, _topic.id, 'Shall we meet at the fountain at nine?', null)::msg_fn.message_info, _user);
        perform msg_fn.upsert_message(
            row(null, _topic.id, 'Yes. I bring coffee for everybody.', null)::msg_fn.message_info, _admin);
        update msg.message m set created_at = m.created_at - interval '5 minutes'
        where m.topic_id = _topic.id and m.content like 'Shall we%'; -- all of this is one moment
        _topic := msg_fn.upsert_topic(
            row(null, 'Last year''s cleanup', 'last-year', 'open', '{}')::msg_fn.topic_info, _tenant.id);
        perform msg_fn.upsert_message(
            row(null, _topic.id, 'Forty bags. Thank you all!', null)::msg_fn.message_info, _admin);
        perform msg_fn.upsert_topic(
            row(_topic.id, null, null, 'closed', null)::msg_fn.topic_info, _tenant.id);

        -- Incidents, with places; and a template.
        _place := row(null, 'Fountain', '305 Harrison St', null, 'Seattle', 'WA', '98109', 'US', '47.6219', '-122.3517');
        _incident := inc_fn.create_incident(row('Trash pickup at the fountain', 'Bins are overflowing since Friday',
            'fountain', array['trash'], false, _place)::inc_fn.incident_info, _user);
        foreach _name in array array['Take photographs', 'Tell the city'] loop
            perform todo_fn.create_todo(_name,
                row(null, _incident.todo_id, '{}', false, null, _user)::todo_fn.create_todo_options);
        end loop;
        perform msg_fn.upsert_message(
            row(null, _incident.topic_id, 'It is worse than it looks.', null)::msg_fn.message_info, _user);
        perform inc_fn.templatize_incident(_incident.id, _admin);
        _place := row(null, 'Gas Works Park', '2101 N Northlake Way', null, 'Seattle', 'WA', '98103', 'US', '47.6456',
            '-122.3344');
        _incident := inc_fn.create_incident(row('Broken lamp in the park', null, 'lamp', '{}', false,
            _place)::inc_fn.incident_info, _admin);
        perform inc_fn.update_incident_status(_incident.id, 'pending');
    end loop;
end $$;
