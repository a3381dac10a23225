-- Functions of every kind, over the museum.

-- ------------------------------------------------------------------ values

create function museum.motto() returns text language sql stable as $$ select 'Look "twice".' $$;
create function museum.nothing() returns text language sql stable as $$ select null::text $$;
create function museum.echo(words text) returns text language sql stable as $$ select words $$;
create function museum.sum_of(a int, b int default 10, c int default 100) returns int language sql stable as
  $$ select coalesce(a, -1) + coalesce(b, -2) + coalesce(c, -3) $$;
create function museum.twice(int) returns int language sql stable strict as $$ select 2 * $1 $$;
create function museum.years() returns int[] language sql stable as
  $$ select array_agg(year order by id) from museum.work $$;
create function museum.titles() returns setof text language sql stable as
  $$ select title from museum.work order by id $$;
create function museum.all_kinds() returns setof museum.kind language sql stable as
  $$ select unnest(enum_range(null::museum.kind)) $$;
create function museum.day_of(moment timestamptz) returns date language sql stable as
  $$ select (moment at time zone 'UTC')::date $$;

-- ------------------------------------------------------------------ composites and rows

create function museum.standard_size(scale int default 1) returns museum.dimensions language sql stable as
  $$ select (10 * scale, 20 * scale, 0.5)::museum.dimensions $$;
create function museum.standard_frames() returns museum.frame[] language sql stable as
  $$ select array[('oak', (1, 2, 3), '{a,b}'), null, (null, null, null)]::museum.frame[] $$;
create function museum.framed(frame museum.frame) returns museum.frame language sql stable as $$ select frame $$;
create function museum.areas(sizes museum.dimensions[]) returns int[] language sql stable as
  $$ select array(select (each).width * (each).height from unnest(sizes) each) $$;
create function museum.artist_named(name text) returns museum.artist language sql stable as
  $$ select a from museum.artist a where a.name = artist_named.name $$;
create function museum.works_of(artist_id int default null) returns setof museum.work language sql stable as
  $$ select * from museum.work w where works_of.artist_id is null or w.artist_id = works_of.artist_id order by id $$;
create function museum.with_gaps() returns setof museum.artist language sql stable as
  $$ (select a from museum.artist a where id = 1) union all (select null::museum.artist) union all
     (select a from museum.artist a where id = 2) $$;
create function museum.span_of(artist_id int, out earliest int, out latest int) language sql stable as
  $$ select min(year), max(year) from museum.work w where w.artist_id = span_of.artist_id $$;
create function museum.count_of(kind museum.kind, out works int) language sql stable as
  $$ select count(*)::int from museum.work w where w.kind = count_of.kind $$;
create function museum.initials(length int default 1) returns table (artist_id int, letters text) language sql stable
  as $$ select id, left(name, length) from museum.artist order by id $$;

-- ------------------------------------------------------------------ of a row

create function museum.artist_label(artist museum.artist, before text default 'by ', after text default '')
  returns text language sql stable as $$ select before || artist.name || after $$;
create function museum.artist_works_since(artist museum.artist, year int default 0) returns setof museum.work
  language sql stable as
  $$ select * from museum.work w where w.artist_id = artist.id and w.year >= artist_works_since.year order by id $$;
create function museum.artist_last_work(artist museum.artist) returns museum.work language sql stable as
  $$ select w from museum.work w where w.artist_id = artist.id order by id desc limit 1 $$;
create function museum.artist_tags(artist museum.artist) returns text[] language sql stable as
  $$ select array(select unnest(tags) from museum.work w where w.artist_id = artist.id order by 1) $$;
create function museum.work_age(work museum.work, at int) returns int language sql stable as $$ select at - work.year $$;
create function museum.work_is_old(work museum.work) returns boolean language sql stable as
  $$ select work.year < 1900 $$;
comment on function museum.work_is_old is E'@sortable\n@filterable';
create function museum.room_title(room museum.room) returns text language sql stable as
  $$ select room.floor || '.' || room.number || ' ' || room.name $$;

-- ------------------------------------------------------------------ that change something

create function museum.count_visit(amount int default 1) returns int language sql as
  $$ update museum.counter set value = value + amount where name = 'visits' returning value $$;
create function museum.rename_artist(id int, name text) returns museum.artist language sql as
  $$ update museum.artist a set name = rename_artist.name where a.id = rename_artist.id returning a $$;
create function museum.age_works(by_years int) returns setof museum.work language sql as
  $$ update museum.work set year = year - by_years where year is not null returning * $$;
create function museum.reset_visits() returns void language sql as
  $$ update museum.counter set value = 0 where name = 'visits' $$;
create function museum.open_tour(name text, out id int, out label text) language sql as
  $$ insert into museum.tour (id, name) select max(t.id) + 1, open_tour.name from museum.tour t
     returning tour.id, 'Tour ' || tour.name $$;
create function museum.keep_words(words text[]) returns text[] language sql volatile as $$ select words $$;
create function museum.keep_frames(frames museum.frame[]) returns museum.frame[] language sql volatile as
  $$ select frames $$;

-- ------------------------------------------------------------------ that fail

create function museum.explode(message text default 'no') returns int language plpgsql stable as
  $$ begin raise exception '%', message using errcode = 'MU001', detail = 'a detail', hint = 'a hint'; end $$;
create function museum.explode_later(message text) returns int language plpgsql as
  $$ begin insert into museum.counter values ('lost', 1); raise exception '%', message using errcode = 'MU002'; end $$;
create function museum.work_broken(work museum.work) returns int language plpgsql stable as
  $$ begin raise exception 'work % is broken', work.id; end $$;

revoke execute on function museum.explode_later from public;
grant execute on function museum.explode_later to authenticated;
alter function museum.explode_later security definer;
alter function museum.count_visit security definer;
alter function museum.reset_visits security definer;

-- ------------------------------------------------------------------ that give back what they are given

create type museum.word_range as range (subtype = text, collation = "C");
create function museum.spell(words museum.word_range) returns museum.word_range language sql stable as
  $$ select words $$;
create function museum.spell_all(words museum.word_range[]) returns museum.word_range[] language sql stable as
  $$ select words $$;
create function museum.framed_all(frames museum.frame[]) returns museum.frame[] language sql stable as
  $$ select frames $$;
create function museum.echo_all(words text[]) returns text[] language sql stable as $$ select words $$;
