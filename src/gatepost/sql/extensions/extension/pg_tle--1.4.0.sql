-- A stand-in: what asks for pg_tle loads. It installs nothing; the extensions that tests fetch by it are here already.

grant usage on schema pgtle to public;

create function pgtle.install_extension(
    name text, version text, description text, ext text, requires text[] default null
) returns boolean
language plpgsql
as $$
begin
    if not exists (select from pg_catalog.pg_available_extensions as known where known.name = install_extension.name) then
        raise notice 'extension % is not installed: there is only a stand-in of pg_tle here', name;
    end if;
    return true;
end $$;

create function pgtle.uninstall_extension(extname text) returns boolean
language sql immutable
return true;

create function pgtle.uninstall_extension(extname text, version text) returns boolean
language sql immutable
return true;

create function pgtle.uninstall_extension_if_exists(extname text) returns boolean
language sql immutable
return true;
