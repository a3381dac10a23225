-- notes

CREATE TABLE public."Note" (
  id serial NOT NULL,
  body text NOT NULL,
  "ownerId" uuid NOT NULL,
  "createdAt" timestamp(3) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
  CONSTRAINT "Note_pkey" PRIMARY KEY (id)
);

create schema if not exists "gatepost_policy";
revoke all on schema "gatepost_policy" from public, "anon", "authenticated";

alter table "public"."Note" enable row level security;
alter table "public"."Note" no force row level security;

create policy "gatepost_read" on "public"."Note" for select to "anon", "authenticated"
    using ((select case when value ~ '^(([0-9a-fA-F]{4}-?){7}[0-9a-fA-F]{4})$' then value::uuid end from (select coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''), nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')) as claim(value)) = "Note"."ownerId");

create policy "gatepost_create" on "public"."Note" for insert to "anon", "authenticated"
    with check ((select case when value ~ '^(([0-9a-fA-F]{4}-?){7}[0-9a-fA-F]{4})$' then value::uuid end from (select coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''), nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')) as claim(value)) = "Note"."ownerId");

create policy "gatepost_update" on "public"."Note" for update to "anon", "authenticated"
    using ((select case when value ~ '^(([0-9a-fA-F]{4}-?){7}[0-9a-fA-F]{4})$' then value::uuid end from (select coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''), nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')) as claim(value)) = "Note"."ownerId")
    with check (TRUE);

create policy "gatepost_delete" on "public"."Note" for delete to "anon", "authenticated"
    using ((select case when value ~ '^(([0-9a-fA-F]{4}-?){7}[0-9a-fA-F]{4})$' then value::uuid end from (select coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''), nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')) as claim(value)) = "Note"."ownerId");

revoke all on table "public"."Note" from public, "anon", "authenticated";
grant select, insert, update, delete on table "public"."Note" to "anon", "authenticated";
grant select, insert, update, delete on table "public"."Note" to "service_role";
do $gatepost$
declare
    counter text := pg_catalog.pg_get_serial_sequence('"public"."Note"', 'id');
begin
    if counter is not null then
        execute 'grant usage on sequence ' || counter || ' to "anon", "authenticated", "service_role"';
    end if;
end
$gatepost$;

grant usage on schema "public" to "anon", "authenticated", "service_role";
