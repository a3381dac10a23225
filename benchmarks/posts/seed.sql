insert into "User" (email) select 'user' || i || '@example.com' from generate_series(1, 100) i;
insert into "Org" (name) select 'org ' || i from generate_series(1, 100) i;
insert into "Membership" (role, "userId", "orgId")
select 'member', u, (u * 7 + k * 13) % 100 + 1 from generate_series(1, 100) u, generate_series(0, 2) k;
insert into "Post" (title, content, published, "authorId", "orgId")
select 'post ' || i, repeat('x', 100), i % 10 = 0, i % 100 + 1, (i * 31) % 100 + 1 from generate_series(1, 10000) i;
