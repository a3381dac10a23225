declare
    relation regclass;
    policy name;
begin
    for relation in
        select pg_catalog.to_regclass(name)
        from pg_catalog.unnest(array[TABLES]::text[]) as given (name)
        where pg_catalog.to_regclass(name) is not null
    loop
        for policy in select polname from pg_catalog.pg_policy where polrelid = relation loop
            execute pg_catalog.format('drop policy %I on %s', policy, relation);
        end loop;
        execute pg_catalog.format('revoke all on table %s from ROLES', relation);
    end loop;
end
