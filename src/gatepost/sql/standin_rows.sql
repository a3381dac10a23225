-- Rows in stand-ins: what an application put there and nothing acts on.

-- name: storage
select count(*), 'buckets in storage: no file is stored' from storage.buckets

-- name: cron
select count(*), 'jobs in cron: none is run' from cron.job

-- name: net
select count(*), 'requests in net: none was sent' from net.http_request_queue

-- name: vault
select count(*), 'secrets in vault: they are not encrypted' from vault.secrets
