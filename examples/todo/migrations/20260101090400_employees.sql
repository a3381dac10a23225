-- Not for the API at all: the schema is not exposed and no API role has a right to the table.

create table private.employees (
  id bigint generated always as identity primary key,
  name text not null
);

alter table private.employees enable row level security;
