-- A stand-in: it advises nothing, and says so.
create function index_advisor(
    query text, out startup_cost_before jsonb, out startup_cost_after jsonb, out total_cost_before jsonb,
    out total_cost_after jsonb, out index_statements text[], out errors text[]
) returns setof record
language sql volatile
begin atomic
    select null::jsonb, null::jsonb, null::jsonb, null::jsonb, '{}'::text[],
        array['index_advisor is not available: this database has a stand-in'];
end;
