-- What Supabase's guide to row level security tells people to write, block by block and in its order.
-- Blocks whose name ends in `_as_printed` are not valid PostgreSQL; the block after each does what it is meant to do.

-- name: presumed_todos
create table todos (user_id uuid references auth.users, task text);
alter table todos enable row level security;

-- name: own_todos
create policy "Individuals can view their own todos."
on todos for select
using ( auth.uid() = user_id );

-- name: own_todos_without_policy
select *
from todos
where auth.uid() = todos.user_id; -- Policy is implicitly added.

-- name: presumed_profiles
create table profiles (id uuid references auth.users, avatar_url text);
alter table profiles enable row level security;

-- name: profiles_for_everyone
create policy "Profiles are viewable by everyone"
on profiles for select
to authenticated, anon
using ( true );

-- name: profiles_for_authenticated
create policy "Public profiles are viewable only by authenticated users"
on profiles for select
to authenticated
using ( true );

-- name: presumed_my_table
create table my_table (id int primary key, team_id bigint);
alter table my_table enable row level security;

-- name: in_team_as_printed
create policy "User is in team"
on my_table
to authenticated
using ( team_id in (select auth.jwt() -> 'app_metadata' -> 'teams'));

-- name: in_team
create policy "User is in team"
on my_table
to authenticated
using ( team_id in (select jsonb_array_elements_text(auth.jwt() -> 'app_metadata' -> 'teams')::bigint));

-- name: public_access
create policy "Allow public access"
on my_table for select
using ( true );

-- name: private_schema
create schema private;

create table private.employees (
id serial primary key,
name text
);

-- name: rls_without_policies
create table profiles (
id serial primary key,
email text
);

alter table profiles enable row level security;

-- name: own_profile
-- 1. Create table
create table profiles (
id uuid references auth.users,
avatar_url text
);

-- 2. Enable RLS
alter table profiles enable row level security;

-- 3. Create Policy
create policy "Users can update their own profiles"
on profiles for update
to authenticated
using (
auth.uid() = id
);

-- name: joins
-- 1. Create a table of teams
create table teams (
id serial primary key,
name text
);

-- 2. Create many to many join
create table members (
team_id bigint references teams,
user_id uuid references auth.users
);

-- 3. Enable RLS
alter table teams enable row level security;

-- 4. Create Policy
create policy "Team members can update team details if they belong to the team"
on teams
for update using (
auth.uid() in (
select user_id from members
where team_id = id
)
);

-- name: security_definer
-- 1. Create a table of teams
create table teams (
id serial primary key,
name text
);

-- 2. Create many to many join
create table members (
team_id bigint references teams,
user_id uuid references auth.users
);

-- 2. Enable RLS
alter table teams enable row level security;
alter table members enable row level security;

-- 3. Create security definer function, which should be run as "postgres"
create function private.get_teams_for_authenticated_user()
returns setof bigint
language sql
security definer
set search_path = public
stable
as $$
select team_id
from members
where user_id = auth.uid()
$$;

-- 4. Create Policy
create policy "Team members can update team members if they belong to the team."
on members
for all using (
team_id in (
select private.get_teams_for_authenticated_user()
)
);

-- name: members_without_definer
create policy "Team members can update team members if they belong to the team."
on members
for all using (
team_id in (
select team_id from members where user_id = auth.uid()
)
);

-- name: presumed_leaderboard
create table leaderboard (player text primary key, score int);
alter table leaderboard enable row level security;
create policy "Everybody reads" on leaderboard for select using ( true );

-- name: staff_as_printed
create policy "Only Supabase staff can update the leaderboard"
on leaderboard
to authenticated
for update using (
right(auth.jwt() ->> 'email', 13) = '@supabase.com'
);

-- name: staff
create policy "Only Supabase staff can update the leaderboard"
on leaderboard
for update
to authenticated
using (
right(auth.jwt() ->> 'email', 13) = '@supabase.com'
);

-- name: second_factor
create policy "Restrict updates."
on profiles
as restrictive
for update
to authenticated using (
auth.jwt()->>'aal' = 'aal2'
);
