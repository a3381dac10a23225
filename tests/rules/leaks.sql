-- Innocent-looking functions of an application, each of which leaves something behind in its session.
create table public.notes (id bigserial primary key, owner uuid not null, title text not null);
insert into public.notes (owner, title)
select ('00000000-0000-0000-0000-' || lpad((i % 3 + 1)::text, 12, '0'))::uuid, 'note ' || i from generate_series(1, 9) i;
alter table public.notes enable row level security;
create policy own on public.notes using ((select auth.uid()) = owner);
grant select, insert, update on public.notes to authenticated;
grant usage on sequence public.notes_id_seq to authenticated;

create function public.remember(name text, value text) returns text
language sql as $$ select set_config(name, value, false) $$;

create function public.run(command text) returns text
language plpgsql as $$
declare answer text;
begin
    if command ilike 'select%' or command ilike 'fetch%' then
        execute command into answer;
    else
        execute command;
    end if;
    return answer;
end $$;

create function public.lock_it() returns boolean language sql as $$ select pg_try_advisory_lock(42) $$;

create function public.whisper() returns text
language plpgsql as $$ begin raise notice 'a secret of %', auth.uid(); return 'said'; end $$;

grant execute on all functions in schema public to authenticated, anon;
