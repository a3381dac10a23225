-- Before each stand-in: its schema.

do $$
begin
    execute format(
        'create schema %I authorization %I',
        current_setting('gatepost.schema'), current_setting('gatepost.schema_owner')
    );
end $$;
