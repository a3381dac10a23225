-- Functions that clients call.

create function public.add(a int, b int) returns int
language sql immutable
as $$ select a + b $$;

create function public.whoami() returns jsonb
language sql stable
as $$
  select jsonb_build_object('uid', auth.uid(), 'role', auth.role(), 'email', auth.email(), 'user', current_user)
$$;

create function public.books_since(year int) returns setof public.books
language sql stable
as $$ select * from public.books where published >= year $$;

create function public.refuse(why text) returns void
language plpgsql
as $$ begin raise exception 'refused: %', why using hint = 'Ask again tomorrow', errcode = 'P0001'; end $$;

-- For staff alone, under the rights of whoever calls it.
create function public.clear_all_shelves() returns bigint
language sql
as $$ with gone as (delete from public.shelves where true returning 1) select count(*) from gone $$;

revoke execute on function public.clear_all_shelves() from public;
revoke execute on function public.clear_all_shelves() from anon, authenticated;
grant execute on function public.add(int, int) to anon, authenticated, service_role;
grant execute on function public.whoami() to anon, authenticated, service_role;
grant execute on function public.books_since(int) to anon, authenticated, service_role;
grant execute on function public.refuse(text) to anon, authenticated, service_role;
grant execute on function public.clear_all_shelves() to service_role;
