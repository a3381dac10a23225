insert into public.authors (id, name, born) values
  (1, 'Jane Austen', 1775),
  (2, 'Mary Shelley', 1797),
  (3, 'Jules Verne', 1828),
  (4, 'Nobody Yet', null);

insert into public.books (id, author_id, title, published, price, tags, details, on_display) values
  (1, 1, 'Emma', 1815, 9.50, '{novel,comedy}', '{"pages": 474, "binding": {"kind": "cloth"}}', '[2026-01-01,2026-02-01)'),
  (2, 1, 'Persuasion', 1817, 7.00, '{novel}', '{"pages": 249, "binding": {"kind": "paper"}}', '[2026-03-01,2026-04-01)'),
  (3, 2, 'Frankenstein', 1818, 12.25, '{novel,horror}', '{"pages": 280}', null),
  (4, 3, 'Around the World in Eighty Days', 1872, 8.00, '{novel,travel}', '{"pages": 252}', '[2026-01-15,2026-05-01)'),
  (5, 3, 'The Mysterious Island', 1875, null, '{novel,travel,robinsonade}', '{}', null);

insert into public.genres (id, name) values (1, 'Romance'), (2, 'Horror'), (3, 'Adventure');

insert into public.book_genres (book_id, genre_id) values (1, 1), (2, 1), (3, 2), (4, 3), (5, 3), (3, 3);

select setval(pg_get_serial_sequence('public.authors', 'id'), 100);
select setval(pg_get_serial_sequence('public.books', 'id'), 100);
select setval(pg_get_serial_sequence('public.genres', 'id'), 100);
