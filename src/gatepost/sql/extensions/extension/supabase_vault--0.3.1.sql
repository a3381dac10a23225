-- A stand-in: migrations that ask for supabase_vault load. The objects are in schema vault: secrets are kept as they are, not encrypted.

do $$
begin
    if pg_catalog.to_regnamespace('vault') is null then
        raise exception 'supabase_vault is not available in this database' using
            errcode = 'feature_not_supported',
            hint = 'Its stand-ins come with the supabase profile; the extension itself needs a full PostgreSQL';
    end if;
end $$;
