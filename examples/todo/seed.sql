insert into public.leaderboard (player, score)
values ('grace', 42), ('alan', 36), ('edsger', 27)
on conflict (player) do nothing;

insert into private.employees (name)
values ('Margaret'), ('Katherine');
