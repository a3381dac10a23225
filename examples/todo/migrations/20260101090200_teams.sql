-- Teams and their members. Whoever belongs to a team sees it, changes it and takes others in.

create schema private;

create table public.teams (
  id bigint generated always as identity primary key,
  name text not null
);

create table public.members (
  team_id bigint not null references public.teams on delete cascade,
  user_id uuid not null references auth.users on delete cascade,
  primary key (team_id, user_id)
);

create index on public.members (user_id);

alter table public.teams enable row level security;
alter table public.members enable row level security;

-- A policy on members that reads members would ask itself for ever. This function runs as its owner, who is not bound
-- by the policies; it lives in a schema that the API does not expose, and its own search path cannot be changed.
create function private.get_teams_for_authenticated_user()
returns setof bigint
language sql
security definer
stable
set search_path = ''
as $$
  select team_id from public.members where user_id = (select auth.uid())
$$;

revoke execute on function private.get_teams_for_authenticated_user() from public;
grant usage on schema private to authenticated;
grant execute on function private.get_teams_for_authenticated_user() to authenticated;

create policy "Team members can view their teams"
  on public.teams for select to authenticated
  using (id in (select private.get_teams_for_authenticated_user()));

create policy "Team members can update team details if they belong to the team"
  on public.teams for update to authenticated
  using (id in (select private.get_teams_for_authenticated_user()));

create policy "Team members can update team members if they belong to the team"
  on public.members for all to authenticated
  using (team_id in (select private.get_teams_for_authenticated_user()));

grant select, update on public.teams to authenticated;
grant select, insert, delete on public.members to authenticated;
grant select, insert, update, delete on public.teams, public.members to service_role;

-- A team has a first member: both rows or none.
create function public.create_team(name text) returns bigint
language plpgsql
security definer
set search_path = ''
as $$
declare
  team bigint;
begin
  insert into public.teams (name) values (create_team.name) returning id into team;
  insert into public.members (team_id, user_id) values (team, auth.uid());
  return team;
end
$$;

revoke execute on function public.create_team(text) from public;
grant execute on function public.create_team(text) to authenticated;

-- The other way to say who belongs where: in the token. It costs no look-up, and it is as old as the token is.
create table public.announcements (
  id bigint generated always as identity primary key,
  team_id bigint not null references public.teams on delete cascade,
  body text not null
);

alter table public.announcements enable row level security;

-- app_metadata is the server's; user_metadata is written by its user and must never decide anything.
create policy "User is in team"
  on public.announcements for select to authenticated
  using (
    team_id in (
      select value::bigint
      from jsonb_array_elements_text(coalesce((select auth.jwt() -> 'app_metadata' -> 'teams'), '[]'::jsonb))
    )
  );

grant select on public.announcements to authenticated;
grant select, insert, update, delete on public.announcements to service_role;
