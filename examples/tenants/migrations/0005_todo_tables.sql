-- To-do lists: trees of tasks. What has children is a milestone; templates are trees that are copied.

create schema todo;
create schema todo_fn;
create schema todo_api;

create type todo.todo_status as enum ('incomplete', 'complete', 'archived', 'unfinished');
create type todo.todo_type as enum ('task', 'milestone');

-- Residents as everybody of the tenant may see them, as in msg.msg_resident.
create table todo.todo_resident (
    resident_id uuid primary key,
    tenant_id uuid not null,
    display_name text,
    unique (resident_id, tenant_id),
    foreign key (resident_id, tenant_id) references app.resident (id, tenant_id) on delete cascade
);
create index on todo.todo_resident (tenant_id);

-- `resident_id` is whose it is: who made it, or whom it was assigned to. Every reference stays within the tenant.
create table todo.todo (
    id uuid primary key default gen_random_uuid(),
    parent_todo_id uuid,
    root_todo_id uuid not null,
    tenant_id uuid not null references app.tenant on delete cascade,
    resident_id uuid,
    location_id uuid,
    topic_id uuid not null,
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default current_timestamp,
    name text not null check (length(btrim(name)) >= 3),
    description text,
    status todo.todo_status not null default 'incomplete',
    type todo.todo_type not null default 'task',
    ordinal integer not null default 0,
    pinned boolean not null default false,
    tags text[] not null default '{}',
    is_template boolean not null default false,
    unique (id, tenant_id),
    constraint todo_parent_fkey foreign key (parent_todo_id, tenant_id) references todo.todo (id, tenant_id),
    constraint todo_root_fkey foreign key (root_todo_id, tenant_id) references todo.todo (id, tenant_id),
    constraint todo_resident_fkey foreign key (resident_id, tenant_id)
        references todo.todo_resident (resident_id, tenant_id) on delete set null (resident_id),
    constraint todo_location_fkey foreign key (location_id, tenant_id) references loc.location (id, tenant_id),
    constraint todo_topic_fkey foreign key (topic_id, tenant_id) references msg.topic (id, tenant_id)
);
create index on todo.todo (tenant_id);
create index on todo.todo (parent_todo_id, ordinal);
create index on todo.todo (root_todo_id);
create index on todo.todo (resident_id);
create index on todo.todo (location_id);
create index on todo.todo (topic_id);

-- Names for GraphQL: a todo's `parentTodo`, `childTodos`, `rootTodo`, `resident`, `location`, `topic`.
comment on constraint todo_parent_fkey on todo.todo is E'@fieldName parentTodo\n@foreignFieldName childTodos';
comment on constraint todo_root_fkey on todo.todo is E'@fieldName rootTodo\n@foreignFieldName treeTodos';
comment on constraint todo_resident_fkey on todo.todo is E'@fieldName resident\n@foreignFieldName todos';
comment on constraint todo_location_fkey on todo.todo is E'@fieldName location\n@foreignFieldName todos';
comment on constraint todo_topic_fkey on todo.todo is E'@fieldName topic\n@foreignFieldName todos';
comment on constraint todo_id_tenant_id_key on todo.todo is '@omit';
comment on constraint todo_resident_resident_id_tenant_id_key on todo.todo_resident is '@omit';
comment on constraint todo_resident_resident_id_tenant_id_fkey on todo.todo_resident is '@omit';

-- Read and written in one's own tenant; templates by those alone who may make some. An incident has a tree of its own,
-- so the API's functions work on trees for whoever works with incidents.

alter table todo.todo_resident enable row level security;
alter table todo.todo enable row level security;

create policy "of one's tenant" on todo.todo_resident for select to authenticated, tenancy_api
    using (
        tenant_id = (select auth_ext.tenant_id())
        and (select auth_ext.permissions() && array['p:todo', 'p:incidents'])
    );
create policy "of one's tenant" on todo.todo for select to authenticated
    using (tenant_id = (select auth_ext.tenant_id()) and (select auth_ext.has_permission('p:todo')));

create policy "read in one's tenant" on todo.todo for select to tenancy_api
    using (
        tenant_id = (select auth_ext.tenant_id())
        and (select auth_ext.permissions() && array['p:todo', 'p:incidents'])
    );
create policy "written in one's tenant" on todo.todo for all to tenancy_api
    using (
        tenant_id = (select auth_ext.tenant_id())
        and (select auth_ext.permissions() && array['p:todo', 'p:incidents'])
        and (not is_template or (select auth_ext.permissions() && array['p:todo-admin', 'p:incidents-admin']))
    );
