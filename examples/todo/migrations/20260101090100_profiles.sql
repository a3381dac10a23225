-- What others may know about a user. Changing it asks for a second factor.

create table public.profiles (
  id uuid primary key references auth.users on delete cascade,
  username text not null unique,
  avatar_url text,
  is_public boolean not null default true
);

alter table public.profiles enable row level security;

create policy "Public profiles are viewable by everyone"
  on public.profiles for select to authenticated, anon
  using (is_public);

create policy "Profiles are viewable by authenticated users"
  on public.profiles for select to authenticated
  using (true);

-- An upsert is an insert, an update and a read: it needs a policy for each of the three.
create policy "Users can create their own profile"
  on public.profiles for insert to authenticated
  with check ((select auth.uid()) = id);

create policy "Users can update their own profiles"
  on public.profiles for update to authenticated
  using ((select auth.uid()) = id)
  with check ((select auth.uid()) = id);

-- Restrictive: it takes away from what the policies above allow. `aal2` is a session that has shown a second factor.
create policy "Restrict updates."
  on public.profiles as restrictive for update to authenticated
  using ((select auth.jwt() ->> 'aal') = 'aal2');

grant select on public.profiles to anon;
grant select, insert, update on public.profiles to authenticated;
grant select, insert, update, delete on public.profiles to service_role;

-- Every new user gets a profile, named by what was given at sign-up or else by the id.
create function public.create_profile() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  insert into public.profiles (id, username)
  values (new.id, coalesce(nullif(new.raw_user_meta_data ->> 'username', ''), new.id::text));
  return new;
end
$$;

revoke execute on function public.create_profile() from public;

create trigger create_profile
  after insert on auth.users
  for each row execute function public.create_profile();
