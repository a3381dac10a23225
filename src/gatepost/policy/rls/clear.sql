declare
    relation regclass;
    policy name;
begin
    -- Views that mask fields are told from others of such a name by their barrier.
    for relation in
        select c.oid
        from pg_catalog.unnest(array[MASKS]::text[]) as given (name)
        join pg_catalog.pg_class as c on c.oid = pg_catalog.to_regclass(name)
        where c.relkind = 'v' and 'security_barrier=true' = any (c.reloptions)
    loop
        execute pg_catalog.format('drop view %s', relation);
    end loop;
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
