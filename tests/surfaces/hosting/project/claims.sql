-- Laid beside the application, which computes claims at each call: what stands in for its own server's middleware.
create schema if not exists host;

create or replace function host.current_claims(claims jsonb) returns jsonb
language sql stable
as $$
    select case
        when claims ->> 'sub' is null then claims
        else claims || jsonb_build_object('user_metadata', to_jsonb(plots_fn.current_claims((claims ->> 'sub')::uuid)))
    end
$$;
