-- What policies ask about the caller. The singular settings of older gateways win over the JSON one; '' is unset, which
-- is what a transaction-local setting reads after its transaction. Plain SQL, so that the planner can inline them.

create or replace function auth.uid() returns uuid
language sql stable parallel safe
as $$
    select coalesce(
        nullif(current_setting('request.jwt.claim.sub', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'
    )::uuid
$$;

create or replace function auth.role() returns text
language sql stable parallel safe
as $$
    select coalesce(
        nullif(current_setting('request.jwt.claim.role', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role'
    )
$$;

create or replace function auth.email() returns text
language sql stable parallel safe
as $$
    select coalesce(
        nullif(current_setting('request.jwt.claim.email', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'email'
    )
$$;

create or replace function auth.jwt() returns jsonb
language sql stable parallel safe
as $$
    select coalesce(
        nullif(current_setting('request.jwt.claim', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')
    )::jsonb
$$;

comment on function auth.uid() is 'The signed-in user''s id, or null';
comment on function auth.role() is 'The role of the request''s token, or null';
comment on function auth.email() is 'The signed-in user''s e-mail address as the token has it, or null';
comment on function auth.jwt() is 'All claims of the request''s token, or null';
