-- A stand-in: migrations that ask for pg_graphql load; whoever asks it something is told that it is not here.

create function graphql.resolve(
    query text, variables jsonb default '{}', "operationName" text default null, extensions jsonb default null
) returns jsonb
language sql immutable
return '{"errors": [{"message": "pg_graphql is not available in this database"}]}'::pg_catalog.jsonb;
