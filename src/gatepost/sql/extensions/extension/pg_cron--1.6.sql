-- A stand-in: migrations that ask for pg_cron load. The objects are in schema cron: jobs are kept and never run.

do $$
begin
    if pg_catalog.to_regnamespace('cron') is null then
        raise exception 'pg_cron is not available in this database' using
            errcode = 'feature_not_supported',
            hint = 'Its stand-ins come with the supabase profile; the extension itself needs a full PostgreSQL';
    end if;
end $$;
