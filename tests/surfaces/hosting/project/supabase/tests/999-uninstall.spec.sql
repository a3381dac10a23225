drop schema if exists test_helpers cascade;

begin;
select plan(1);
select hasnt_schema('test_helpers');
select * from finish();
rollback;
