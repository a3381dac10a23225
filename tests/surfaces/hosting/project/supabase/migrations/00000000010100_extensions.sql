create extension if not exists citext;
create extension if not exists http;
create extension if not exists postgis;
create extension if not exists pg_net;
