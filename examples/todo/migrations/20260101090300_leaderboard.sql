-- Everybody reads it, staff write it. Staff are known by the domain of their confirmed address.

create table public.leaderboard (
  player text primary key,
  score integer not null default 0
);

alter table public.leaderboard enable row level security;

create policy "Allow public access"
  on public.leaderboard for select
  using (true);

create policy "Only staff can update the leaderboard"
  on public.leaderboard for update to authenticated
  using (right((select auth.jwt() ->> 'email'), 18) = '@staff.example.com');

grant select on public.leaderboard to anon, authenticated;
grant update on public.leaderboard to authenticated;
grant select, insert, update, delete on public.leaderboard to service_role;
