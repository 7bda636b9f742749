#!/bin/sh
# Runs once, when PostgreSQL's container makes its data folder: the role that the program works as. What it may do is said
# after each migration, by app_role.sql.
set -eu

# psql quotes the password itself, whatever is in it; the program tells failures apart by their English text.
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --set password="$APP_PASSWORD" <<'SQL'
CREATE ROLE offers_app LOGIN PASSWORD :'password';
ALTER ROLE offers_app SET lc_messages = 'C';
SQL
