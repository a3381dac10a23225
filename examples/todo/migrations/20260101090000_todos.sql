-- A list of one's own: each row belongs to the user who wrote it.

create table public.todos (
  id bigint generated always as identity primary key,
  user_id uuid not null default auth.uid() references auth.users on delete cascade,
  task text not null check (length(task) between 1 and 500),
  done boolean not null default false,
  created_at timestamptz not null default now()
);

create index on public.todos (user_id);

alter table public.todos enable row level security;

-- `(select auth.uid())` is computed once for a statement; a bare `auth.uid()` may be computed for every row.
create policy "Individuals can view their own todos."
  on public.todos for select to authenticated
  using ((select auth.uid()) = user_id);

create policy "Individuals can create todos of their own."
  on public.todos for insert to authenticated
  with check ((select auth.uid()) = user_id);

create policy "Individuals can update their own todos."
  on public.todos for update to authenticated
  using ((select auth.uid()) = user_id)
  with check ((select auth.uid()) = user_id);

create policy "Individuals can delete their own todos."
  on public.todos for delete to authenticated
  using ((select auth.uid()) = user_id);

-- A policy says which rows, a grant which tables. Nobody has a right that is not written here: anon has none.
grant select, insert, update, delete on public.todos to authenticated, service_role;
