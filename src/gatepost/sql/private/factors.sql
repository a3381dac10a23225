-- One-time codes of second factors. Runs as supabase_auth_admin. Every statement may be repeated.

-- The time step (30 s since 1970) of the last code that a factor accepted: that code and earlier ones are spent.
create table if not exists auth_private.totp_uses (
    factor_id uuid not null,
    step bigint not null,
    constraint totp_uses_pkey primary key (factor_id),
    constraint totp_uses_factor_id_fkey foreign key (factor_id) references auth.mfa_factors (id) on delete cascade
);
alter table auth_private.totp_uses enable row level security;
