-- A stand-in: migrations that ask for pg_net load. The objects are in schema net: requests are queued and never sent.

do $$
begin
    if pg_catalog.to_regnamespace('net') is null then
        raise exception 'pg_net is not available in this database' using
            errcode = 'feature_not_supported',
            hint = 'Its stand-ins come with the supabase profile; the extension itself needs a full PostgreSQL';
    end if;
end $$;
