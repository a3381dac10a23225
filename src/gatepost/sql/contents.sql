-- What a project's configuration puts into storage and vault, with a row for whatever is new or differs; and rights.

-- name: buckets
insert into storage.buckets as known (id, name, public, file_size_limit, allowed_mime_types)
select name, name, public, file_size_limit, allowed_mime_types
from jsonb_to_recordset($1::jsonb) as wanted (
    name text, public boolean, file_size_limit bigint, allowed_mime_types text[]
)
on conflict (id) do update set
    public = excluded.public,
    file_size_limit = excluded.file_size_limit,
    allowed_mime_types = excluded.allowed_mime_types,
    updated_at = now()
where (known.public, known.file_size_limit, known.allowed_mime_types)
    is distinct from (excluded.public, excluded.file_size_limit, excluded.allowed_mime_types)
returning id

-- name: secrets
select case when known.id is null then vault.create_secret(wanted.value, wanted.key)::text
    else vault.update_secret(known.id, wanted.value)::text end
from jsonb_each_text($1::jsonb) as wanted
left join vault.decrypted_secrets as known on known.name = wanted.key
where known.decrypted_secret is distinct from wanted.value

-- name: hide_new
-- What is left are rights that reach no row: truncate, references, trigger. The owner grants what he means to.
alter default privileges in schema public revoke select, insert, update, delete on tables
from anon, authenticated, service_role;
alter default privileges in schema public revoke usage, select on sequences from anon, authenticated, service_role;
alter default privileges in schema public revoke execute on functions from anon, authenticated, service_role, public
