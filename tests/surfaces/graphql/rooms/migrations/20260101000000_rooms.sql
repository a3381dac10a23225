-- Rooms with members, and notes in them: who is a member of a room reads its notes, but for those of others that are
-- marked secret.

create table public.rooms (
  id uuid primary key default gen_random_uuid(),
  name text not null
);

create table public.members (
  room_id uuid not null references public.rooms on delete cascade,
  user_id uuid not null references auth.users on delete cascade,
  primary key (room_id, user_id)
);
create index on public.members (user_id);

create table public.notes (
  id bigint generated always as identity primary key,
  room_id uuid not null references public.rooms on delete cascade,
  author uuid not null default auth.uid(),
  body text not null,
  secret boolean not null default false
);
create index on public.notes (room_id);

alter table public.rooms enable row level security;
alter table public.members enable row level security;
alter table public.notes enable row level security;

create policy "Members see their rooms." on public.rooms for select to authenticated
  using (id in (select room_id from public.members where user_id = (select auth.uid())));
create policy "Who is a member sees that." on public.members for select to authenticated
  using (user_id = (select auth.uid()));
create policy "Members read notes." on public.notes for select to authenticated
  using (room_id in (select room_id from public.members where user_id = (select auth.uid()))
    and (not secret or author = (select auth.uid())));
create policy "Members write notes." on public.notes for insert to authenticated
  with check (author = (select auth.uid())
    and room_id in (select room_id from public.members where user_id = (select auth.uid())));

grant select on public.rooms, public.members to authenticated;
grant select, insert on public.notes to authenticated;

-- What nobody may see is named nowhere.
create table public.payroll (id int primary key, salary numeric);
alter table public.payroll enable row level security;

create schema hidden;
grant usage on schema hidden to anon, authenticated;

create function hidden.tell_note() returns trigger language plpgsql as $$
begin
  perform pg_notify('room:' || new.room_id || ':note',
    json_build_object('event', 'create', 'sub', new.room_id, 'id', new.id)::text);
  return null;
end $$;
create trigger tell after insert on public.notes for each row execute function hidden.tell_note();

-- Topics that begin with `open` are everybody's, `mine` those of users, until `end:<user>` is notified.
create function hidden.may_listen(topic text) returns text language plpgsql stable as $$
begin
  if topic like 'postgraphile:broken%' then
    raise exception 'Listening is broken here' using errcode = 'P0001';
  elsif topic like 'postgraphile:open%' then
    return 'never';
  elsif topic like 'postgraphile:mine%' and auth.uid() is not null then
    return 'end:' || auth.uid();
  end if;
  return null;
end $$;

create function hidden.may_hear_alarm(channel text) returns boolean language sql stable as
  $$ select auth.uid() is not null and channel <> 'alarm:fire' $$;

grant execute on function hidden.may_listen(text), hidden.may_hear_alarm(text) to anon, authenticated;
