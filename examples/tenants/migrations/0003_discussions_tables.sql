-- Discussions: a topic, what is said about it, and who follows it.

create schema msg;
create schema msg_fn;
create schema msg_api;

create type msg.topic_status as enum ('open', 'closed', 'locked');
create type msg.message_status as enum ('draft', 'sent', 'deleted');
create type msg.subscriber_status as enum ('active', 'inactive', 'blocked');

-- Residents as everybody of the tenant may see them: app.resident itself is for the tenant's admins.
create table msg.msg_resident (
    resident_id uuid primary key,
    tenant_id uuid not null,
    display_name text,
    unique (resident_id, tenant_id),
    foreign key (resident_id, tenant_id) references app.resident (id, tenant_id) on delete cascade
);
create index on msg.msg_resident (tenant_id);

-- Times are those of the clock, so that what one transaction makes has an order too.
-- `identifier` is for callers who may ask twice. `locked`: for those who look after discussions; `closed`: for nobody.
create table msg.topic (
    id uuid primary key default gen_random_uuid(),
    tenant_id uuid not null references app.tenant on delete cascade,
    created_at timestamptz not null default clock_timestamp(),
    name text not null check (length(btrim(name)) > 0),
    identifier text,
    tags text[] not null default '{}',
    status msg.topic_status not null default 'open',
    unique (tenant_id, identifier),
    unique (id, tenant_id)
);

create table msg.message (
    id uuid primary key default gen_random_uuid(),
    tenant_id uuid not null,
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default current_timestamp,
    status msg.message_status not null default 'sent',
    topic_id uuid not null,
    content text not null check (status = 'deleted' or length(btrim(content)) > 0),
    posted_by_msg_resident_id uuid not null,
    tags text[] not null default '{}',
    constraint message_topic_fkey foreign key (topic_id, tenant_id) references msg.topic (id, tenant_id)
        on delete cascade,
    constraint message_posted_by_fkey foreign key (posted_by_msg_resident_id, tenant_id)
        references msg.msg_resident (resident_id, tenant_id) on delete cascade
);
create index on msg.message (topic_id, created_at);
create index on msg.message (posted_by_msg_resident_id);
create index on msg.message (tenant_id);

create table msg.subscriber (
    id uuid primary key default gen_random_uuid(),
    tenant_id uuid not null,
    created_at timestamptz not null default clock_timestamp(),
    status msg.subscriber_status not null default 'active',
    topic_id uuid not null,
    msg_resident_id uuid not null,
    last_read timestamptz,
    unique (topic_id, msg_resident_id),
    constraint subscriber_topic_fkey foreign key (topic_id, tenant_id) references msg.topic (id, tenant_id)
        on delete cascade,
    constraint subscriber_resident_fkey foreign key (msg_resident_id, tenant_id)
        references msg.msg_resident (resident_id, tenant_id) on delete cascade
);
create index on msg.subscriber (msg_resident_id);
create index on msg.subscriber (tenant_id);

-- Names for GraphQL: a message's `topic` and `postedByMsgResident`, a topic's `messages` and `subscribers`.
comment on constraint message_topic_fkey on msg.message is E'@fieldName topic\n@foreignFieldName messages';
comment on constraint message_posted_by_fkey on msg.message is
    E'@fieldName postedByMsgResident\n@foreignFieldName postedMessages';
comment on constraint subscriber_topic_fkey on msg.subscriber is E'@fieldName topic\n@foreignFieldName subscribers';
comment on constraint subscriber_resident_fkey on msg.subscriber is
    E'@fieldName msgResident\n@foreignFieldName subscriptions';
comment on constraint topic_id_tenant_id_key on msg.topic is '@omit';
comment on constraint msg_resident_resident_id_tenant_id_key on msg.msg_resident is '@omit';
comment on constraint msg_resident_resident_id_tenant_id_fkey on msg.msg_resident is '@omit';

-- What a signed-in user reads is of the tenant he is in. The same for the API's functions, which also write; a topic
-- comes with each todo and incident, so whoever makes those may make topics.

alter table msg.msg_resident enable row level security;
alter table msg.topic enable row level security;
alter table msg.message enable row level security;
alter table msg.subscriber enable row level security;

create policy "of one's tenant" on msg.msg_resident for select to authenticated, tenancy_api
    using (tenant_id = (select auth_ext.tenant_id()) and (select auth_ext.has_permission('p:discussions')));
create policy "of one's tenant" on msg.topic for select to authenticated
    using (tenant_id = (select auth_ext.tenant_id()) and (select auth_ext.has_permission('p:discussions')));
create policy "of one's tenant" on msg.message for select to authenticated, tenancy_api
    using (tenant_id = (select auth_ext.tenant_id()) and (select auth_ext.has_permission('p:discussions')));
create policy "of one's tenant" on msg.subscriber for select to authenticated, tenancy_api
    using (tenant_id = (select auth_ext.tenant_id()) and (select auth_ext.has_permission('p:discussions')));

create policy "written in one's tenant" on msg.topic for all to tenancy_api
    using (
        tenant_id = (select auth_ext.tenant_id())
        and (select auth_ext.permissions() && array['p:discussions', 'p:todo', 'p:incidents'])
    );
create policy "in one's own name" on msg.message for insert to tenancy_api
    with check (
        tenant_id = (select auth_ext.tenant_id()) and (select auth_ext.has_permission('p:discussions'))
        and posted_by_msg_resident_id = (select auth_ext.resident_id())
    );
create policy "by its author" on msg.message for update to tenancy_api
    using (
        tenant_id = (select auth_ext.tenant_id()) and (select auth_ext.has_permission('p:discussions'))
        and posted_by_msg_resident_id = (select auth_ext.resident_id())
    );
create policy "subscribed in one's tenant" on msg.subscriber for insert to tenancy_api
    with check (tenant_id = (select auth_ext.tenant_id()) and (select auth_ext.has_permission('p:discussions')));
create policy "changed in one's tenant" on msg.subscriber for update to tenancy_api
    using (tenant_id = (select auth_ext.tenant_id()) and (select auth_ext.has_permission('p:discussions')));
