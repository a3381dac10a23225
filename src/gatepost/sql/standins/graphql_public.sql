-- Schema graphql_public: the function of pg_graphql, which answers that it is not here.

create function graphql_public.graphql(
    "operationName" text default null, query text default null, variables jsonb default null,
    extensions jsonb default null
) returns jsonb
language sql stable
return '{"errors": [{"message": "pg_graphql is not available in this database"}]}'::jsonb;

grant usage on schema graphql_public to anon, authenticated, service_role;
